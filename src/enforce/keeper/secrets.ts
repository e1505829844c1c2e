import { ApiError } from '../../collect/cluster/api-error.ts';
import { isObject, type Json, type JsonObject, own } from '../../model/json.ts';
import { Reader } from '../../model/reader.ts';
import { bundleOf, type Keyring, readKeyring } from '../certificates/keyring.ts';
import type { KubeApi } from '../cluster/kube-api.ts';
import { authoritySecretName, tlsSecretName, type WebhookNames } from '../registration/names.ts';

const ringKey = 'keyring.json';

export interface KeptKeyring {
  /** The Secret as it was read: writing it back fails if somebody else wrote it meanwhile. */
  readonly secret: JsonObject;
  readonly ring: Keyring | undefined;
}

/** The keys as they are kept. Throws `ApiError`, also where the Secret is not there: the manifests bring it. */
export async function readAuthority(api: KubeApi, names: WebhookNames): Promise<KeptKeyring> {
  const secret = await api.get(secretPath(names, authoritySecretName(names)));
  return { secret, ring: readKeyring(parse(dataOf(secret, ringKey) ?? 'null')) };
}

/** Keeps the keys. Throws `ApiError` with status 409 where somebody else was faster. */
export async function writeAuthority(api: KubeApi, names: WebhookNames, { secret, ring }: KeptKeyring): Promise<void> {
  const body = withData(secret, new Map([[ringKey, JSON.stringify(ring)]]));
  await api.call({ method: 'PUT', path: secretPath(names, authoritySecretName(names)), body });
}

/** Hands the leaf to the servers. Returns whether that was news. Throws `ApiError`. */
export async function writeServed(api: KubeApi, names: WebhookNames, ring: Keyring): Promise<boolean> {
  const path = secretPath(names, tlsSecretName(names));
  const secret = await api.get(path);
  const data = new Map([
    ['ca.crt', bundleOf(ring)],
    ['tls.crt', ring.leaf.cert],
    ['tls.key', ring.leaf.key],
  ]);
  if ([...data].every(([key, value]) => dataOf(secret, key) === value)) return false;
  await api.call({ method: 'PUT', path, body: withData(secret, data) });
  return true;
}

/** Whether a request lost against another writer: to be tried again from what is there now. */
export function isConflict(error: unknown): boolean {
  return error instanceof ApiError && error.status === 409;
}

function secretPath({ namespace }: WebhookNames, secret: string): string {
  return `/api/v1/namespaces/${namespace}/secrets/${secret}`;
}

function dataOf(secret: JsonObject, key: string): string | undefined {
  const value = new Reader(secret, [], []).object('data').string(key);
  return value === undefined ? undefined : Buffer.from(value, 'base64').toString('utf8');
}

function withData(secret: JsonObject, values: ReadonlyMap<string, string>): JsonObject {
  const before = own(secret, 'data');
  const data = new Map<string, Json>(Object.entries(isObject(before) ? before : {}));
  for (const [key, value] of values) data.set(key, Buffer.from(value).toString('base64'));
  return { ...secret, data: Object.fromEntries(data) };
}

function parse(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return null;
  }
}
