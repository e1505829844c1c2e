import http from 'node:http';
import https from 'node:https';
import { isObject, type Json } from '../../model/json.ts';
import { Reader } from '../../model/reader.ts';
import type { Connection } from '../cluster/connect.ts';

/** Who the server says the caller is, or why it does not say. */
export type SelfAnswer =
  | { readonly kind: 'known'; readonly name: string; readonly groups: readonly string[] }
  | { readonly kind: 'refused'; readonly reason: string };

const versions = ['v1', 'v1beta1', 'v1alpha1'] as const;

/**
 * Asks the API server who the caller is (authentication.k8s.io SelfSubjectReview: v1 from v1.28, v1beta1 from v1.27).
 * The request's verb is `create`, and nothing is stored by it.
 */
export async function askSelf(connection: Connection, timeoutMs: number): Promise<SelfAnswer> {
  let last: SelfAnswer = { kind: 'refused', reason: 'the server has no SelfSubjectReview, which came with v1.27' };
  for (const version of versions) {
    const { status, body } = await post(connection, { version, timeoutMs });
    if (status === 201 || status === 200) return read(body);
    if (status === 404) continue;
    last = { kind: 'refused', reason: refusal(status, body) };
    break;
  }
  return last;
}

function refusal(status: number, message: string): string {
  if (status === 0) return message;
  if (status === 401) return 'the server does not know this credential (401 Unauthorized)';
  if (status === 403) {
    return 'the server lets this user create no SelfSubjectReview; before v1.27 it has none (403 Forbidden)';
  }
  return `the server answered ${status}`;
}

function read(body: string): SelfAnswer {
  let value: Json;
  try {
    value = JSON.parse(body) as Json;
  } catch {
    return { kind: 'refused', reason: 'the server did not answer with JSON' };
  }
  const info = new Reader(isObject(value) ? value : {}, [], []).object('status').object('userInfo');
  return { kind: 'known', name: info.string('username') ?? '', groups: info.strings('groups') };
}

interface Posted {
  readonly status: number;
  readonly body: string;
}

function post(connection: Connection, options: { version: string; timeoutMs: number }): Promise<Posted> {
  const { server, agent, headers } = connection;
  const apiVersion = `authentication.k8s.io/${options.version}`;
  const body = JSON.stringify({ apiVersion, kind: 'SelfSubjectReview' });
  return new Promise((resolve) => {
    const module = server.protocol === 'https:' ? https : http;
    const path = `${server.pathname.replace(/\/+$/, '')}/apis/${apiVersion}/selfsubjectreviews`;
    const request = module.request(server, {
      method: 'POST',
      path,
      agent,
      headers: { ...headers, 'Content-Type': 'application/json', Accept: 'application/json' },
      timeout: options.timeoutMs,
    } as https.RequestOptions);
    request.on('timeout', () => request.destroy(new Error('no answer in time')));
    request.on('error', (error) => resolve({ status: 0, body: error.message }));
    request.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        if (text.length < 1024 * 1024) text += part;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
      response.on('error', (error) => resolve({ status: 0, body: error.message }));
    });
    request.end(body);
  });
}
