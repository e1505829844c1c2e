import { exitCodes } from '../engine/exit-code.ts';
import { BulwarkError } from '../model/errors.ts';
import { explainJson, explainText } from '../report/audit-policy-explain.ts';
import { styleOf } from '../report/style.ts';
import { visible } from '../report/visible.ts';
import { groupsOf, pathVerbs, resourceVerbs } from '../semantics/audit-policy/api-resources.ts';
import { type AuditedRequest, explainAudit, requestInfo, userNamed } from '../semantics/audit-policy/index.ts';
import type { ExplainFlags } from './audit-policy.ts';
import { readWorkingPolicy } from './audit-policy-file.ts';
import type { PolicySession } from './audit-policy-lint.run.ts';
import { nearest } from './nearest.ts';
import type { Terminal } from './terminal.ts';

interface Question {
  readonly file: string;
  readonly request: readonly string[];
  readonly flags: ExplainFlags;
}

/** Prints which rule decides about a request. Returns the exit code. */
export async function runPolicyExplain(
  { file: name, request: words, flags }: Question,
  { terminal, color }: PolicySession,
): Promise<number> {
  const request = readRequest(words, flags, terminal);
  const { file, policy } = await readWorkingPolicy(name, terminal, { minor: flags.kubernetesVersion });
  const explanation = explainAudit(policy, request);
  const shown = { file: name, request, explanation, lineOf: file.lineOf };
  if (flags.output === 'json') await terminal.out(explainJson(shown));
  else await terminal.out(explainText(shown, { style: styleOf(color), width: terminal.width }));
  return exitCodes.clean;
}

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** The request of the command line. Throws `usage` where it is none, or two. */
function readRequest(words: readonly string[], flags: ExplainFlags, terminal: Terminal): AuditedRequest {
  const user = userOf(flags);
  const base = user === undefined ? {} : { user };
  if (words.length > 0) {
    const extra = (['verb', 'resource', 'apiGroup', 'namespace', 'name', 'path'] as const).find(
      (flag) => flags[flag] !== undefined,
    );
    if (extra !== undefined) {
      throw new BulwarkError('usage', `the request is given as a URL and by --${extra}`, 'leave one of them out');
    }
    return { ...base, ...wireRequest(words) };
  }
  if (flags.path !== undefined) return { ...base, ...pathRequest(flags.path, flags) };
  if (flags.resource === undefined) {
    const hint = 'add --verb and --resource, or --path, or write the request as GET /api/v1/…';
    throw new BulwarkError('usage', 'there is no request to explain', hint);
  }
  const verb = flags.verb ?? '';
  if (!resourceVerbs.includes(verb)) {
    const near = nearest(verb, resourceVerbs);
    const hint = near === undefined || verb === '' ? `use one of ${resourceVerbs.join(', ')}` : `did you mean ${near}?`;
    const message = verb === '' ? 'a request for a resource needs --verb' : `--verb ${visible(verb)} is no verb`;
    throw new BulwarkError('usage', message, hint);
  }
  const { group, resource, subresource } = resourceOf(flags.resource, flags.apiGroup, terminal);
  const { namespace = '', name = '' } = flags;
  // An object of namespaces counts as in itself.
  const inside = resource === 'namespaces' && group === '' && name !== '' ? name : namespace;
  return { ...base, verb, path: '', resource: { group, resource, subresource, namespace: inside, name } };
}

function userOf({ user, group = [], unauthenticated }: ExplainFlags): AuditedRequest['user'] {
  if (unauthenticated === true) {
    if (user === undefined && group.length === 0) return undefined;
    throw new BulwarkError('usage', '--unauthenticated requests have no user and no groups', 'leave one of them out');
  }
  return userNamed(user ?? 'a person', group);
}

function wireRequest(words: readonly string[]): Omit<AuditedRequest, 'user'> {
  const [method = '', url = ''] = words.length === 1 ? ['GET', words[0]] : words;
  if (words.length > 2 || !methods.includes(method.toUpperCase())) {
    const hint = 'write it as a method and a URL: GET /api/v1/namespaces/shop/secrets/db';
    throw new BulwarkError('usage', `${visible(words.join(' '))} is no request`, hint);
  }
  const path = URL.canParse(url) ? url.replace(/^[a-z]+:\/\/[^/]*/i, '') || '/' : url;
  if (!path.startsWith('/')) {
    throw new BulwarkError('usage', `${visible(url)} is no URL of an API server`, 'begin it with a slash, or https://');
  }
  return requestInfo({ method: method.toUpperCase(), url: path });
}

function pathRequest(path: string, { verb = 'get', resource }: ExplainFlags): Omit<AuditedRequest, 'user'> {
  if (resource !== undefined) {
    throw new BulwarkError('usage', '--path is for what is no resource', 'leave out --path or --resource');
  }
  if (!path.startsWith('/'))
    throw new BulwarkError('usage', `--path ${visible(path)} has no leading slash`, `write /${visible(path)}`);
  const read = requestInfo({ method: 'GET', url: path });
  if (read.resource !== undefined) {
    const hint = `ask with GET ${visible(path)}, or --verb and --resource`;
    throw new BulwarkError('usage', `${visible(path)} is the path of a resource`, hint);
  }
  if (!pathVerbs.includes(verb)) {
    throw new BulwarkError(
      'usage',
      `--verb ${visible(verb)} is no verb for a path`,
      `use one of ${pathVerbs.join(', ')}`,
    );
  }
  return { verb, path: path.replace(/\?.*$/, '') };
}

/** `pods/exec`, `deployments.apps/scale`. Without a group the one that has the resource, where only one does. */
function resourceOf(text: string, apiGroup: string | undefined, terminal: Terminal) {
  const [named = '', subresource = ''] = text.split('/');
  const dot = named.indexOf('.');
  const resource = dot === -1 ? named : named.slice(0, dot);
  if (apiGroup !== undefined) return { group: apiGroup, resource, subresource };
  if (dot !== -1) return { group: named.slice(dot + 1), resource, subresource };
  const groups = groupsOf(resource);
  if (groups.length === 0) {
    throw new BulwarkError(
      'usage',
      `the API group of ${visible(resource)} is not known`,
      `write ${visible(resource)}.GROUP, or --api-group`,
    );
  }
  const group = groups.includes('') ? '' : (groups[0] ?? '');
  if (groups.length > 1) {
    const others = groups.filter((each) => each !== group).join(', ');
    terminal.err(`bulwark: ${resource} taken as of ${group === '' ? 'the core group' : group}, and not of ${others}\n`);
  }
  return { group, resource, subresource };
}
