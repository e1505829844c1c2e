import { Agent, request } from 'node:https';
import type { Lab } from '../lab.ts';

/** Plain requests to the API server of a lab, over connections that are kept. */
export interface Api {
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  close(): void;
}

export interface CallOptions {
  readonly body?: object;
  readonly as?: { readonly user: string; readonly groups?: readonly string[] };
  /** Instead of the administrator's certificate. */
  readonly token?: string;
}

export interface Answer {
  readonly code: number;
  readonly body: AnswerBody;
}

/** The parts of an answer that the tests look at. */
export interface AnswerBody {
  readonly message?: string;
  readonly status?: { readonly allowed?: boolean; readonly token?: string };
}

export async function apiOf(lab: Lab): Promise<Api> {
  const config = JSON.parse(await lab.kubectl(['config', 'view', '--raw', '--output', 'json']));
  const { cluster } = config.clusters[0];
  const { user } = config.users[0];
  const bytes = (text: string): Buffer => Buffer.from(text, 'base64');
  const ca = bytes(cluster['certificate-authority-data']);
  const options = { ca, keepAlive: true, maxSockets: 24 };
  const admin = new Agent({
    ...options,
    cert: bytes(user['client-certificate-data']),
    key: bytes(user['client-key-data']),
  });
  const anybody = new Agent(options);
  return {
    call: (method, path, { body, as, token } = {}) =>
      new Promise((resolve, reject) => {
        const headers: Record<string, string | string[]> = { 'content-type': 'application/json' };
        if (token !== undefined) headers.authorization = `Bearer ${token}`;
        if (as !== undefined) {
          headers['impersonate-user'] = as.user;
          if (as.groups !== undefined && as.groups.length > 0) headers['impersonate-group'] = [...as.groups];
        }
        const agent = token === undefined ? admin : anybody;
        const sent = request(new URL(path, cluster.server), { method, agent, headers }, (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            const text = Buffer.concat(chunks).toString();
            try {
              resolve({ code: response.statusCode ?? 0, body: JSON.parse(text) });
            } catch {
              resolve({ code: response.statusCode ?? 0, body: { message: text } });
            }
          });
        });
        sent.on('error', reject);
        sent.end(body === undefined ? undefined : JSON.stringify(body));
      }),
    close: () => {
      admin.destroy();
      anybody.destroy();
    },
  };
}

/** Runs `work` on each item, a few at a time. */
export async function inParallel<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) results[index] = await work(items[index] as T);
  };
  await Promise.all(Array.from({ length: 24 }, worker));
  return results;
}
