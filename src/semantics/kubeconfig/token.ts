import { isList, isObject, type Json, own } from '../../model/json.ts';
import type { TokenClaims } from '../../model/kubeconfig.ts';

const jwt = /^[A-Za-z0-9_-]+\.([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]*$/;

/** What a bearer token says of itself; `opaque` for one that says nothing. Nothing of it is verified. */
export function tokenClaims(token: string): TokenClaims | 'opaque' {
  const payload = jwt.exec(token.trim())?.[1];
  if (payload === undefined) return 'opaque';
  let claims: Json;
  try {
    claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as Json;
  } catch {
    return 'opaque';
  }
  if (!isObject(claims)) return 'opaque';
  const text = (key: string): string | undefined => {
    const value = own(claims, key);
    return typeof value === 'string' && value.length <= maxClaim ? value : undefined;
  };
  const seconds = (key: string): number | undefined => {
    const value = own(claims, key);
    return typeof value === 'number' && Number.isFinite(value) ? Math.trunc(value) : undefined;
  };
  const subject = text('sub');
  const issuer = text('iss');
  const audience = texts(own(claims, 'aud'));
  const expires = seconds('exp');
  const issued = seconds('iat');
  const name = text('email') ?? text('preferred_username');
  const groups = texts(own(claims, 'groups'));
  return {
    ...(subject !== undefined && { subject }),
    ...(issuer !== undefined && { issuer }),
    ...(audience !== undefined && { audience }),
    ...(expires !== undefined && { expires }),
    ...(issued !== undefined && { issued }),
    ...(name !== undefined && { name }),
    ...(groups !== undefined && { groups }),
  };
}

/** Claims are names: longer ones are something else, and are not kept. */
const maxClaim = 512;

function texts(value: Json | undefined): readonly string[] | undefined {
  const list = isList(value) ? value : value === undefined ? [] : [value];
  const found = list.filter((item): item is string => typeof item === 'string' && item.length <= maxClaim).slice(0, 50);
  return found.length === 0 ? undefined : found;
}
