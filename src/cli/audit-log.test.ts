import { EventEmitter } from 'node:events';
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { quietTerminal } from '../../test/run-program.ts';
import { runAuditTail } from './audit-tail.run.ts';
import { createProgram } from './program.ts';
import type { Terminal } from './terminal.ts';

const home = await mkdtemp(join(tmpdir(), 'bulwark-tail-'));
afterAll(() => rm(home, { recursive: true, force: true }));

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

const terminalOf = (more: Partial<Terminal> = {}) =>
  quietTerminal({ cwd: home, now: () => new Date('2026-11-20T20:10:00Z'), ...more });

async function run(args: readonly string[], more: Partial<Terminal> = {}): Promise<Ran> {
  const { text, terminal } = terminalOf(more);
  const code = await createProgram(terminal, 'bulwark').run(['audit', ...args]);
  return { code, ...text };
}

function line(more: object): string {
  const event = {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: 'x',
    stage: 'ResponseComplete',
    requestURI: '/api/v1/namespaces/shop/secrets',
    verb: 'list',
    user: { username: 'alice' },
    sourceIPs: ['10.0.0.1'],
    objectRef: { resource: 'secrets', namespace: 'shop', apiVersion: 'v1' },
    responseStatus: { code: 200 },
    stageTimestamp: '2026-11-20T20:06:05.021717Z',
    ...more,
  };
  return `${JSON.stringify(event)}\n`;
}

const exec = {
  auditID: 'e',
  verb: 'get',
  requestURI: '/api/v1/namespaces/shop/pods/web/exec?command=cat&command=%2Fetc%2Fshadow&container=c',
  objectRef: { resource: 'pods', subresource: 'exec', namespace: 'shop', name: 'web' },
  responseStatus: { code: 101 },
};

const text = [
  line({ stage: 'RequestReceived', responseStatus: undefined }),
  line({}),
  line({ user: {}, stage: 'ResponseStarted', responseStatus: { code: 401 } }),
  line({ ...exec, stage: 'ResponseStarted' }),
  line({ ...exec }),
  line({
    user: { username: 'system:serviceaccount:shop:web' },
    responseStatus: { code: 403 },
    annotations: { 'authorization.k8s.io/decision': 'forbid' },
    objectRef: { resource: 'roles', apiGroup: 'rbac.authorization.k8s.io', namespace: 'shop', name: 'evil\u001b[2J' },
    verb: 'create',
  }),
].join('');
await writeFile(join(home, 'audit.log'), text);

const listing = `TIME            USER                 VERB    RESOURCE                        RESULT               SOURCE
11-20 20:06:05  alice                list    secrets in shop                 200                  10.0.0.1
11-20 20:06:05  (not authenticated)  list    secrets in shop                 401 unauthenticated  10.0.0.1
11-20 20:06:05  alice                exec    pods shop/web: cat /etc/shadow  101                  10.0.0.1
11-20 20:06:05  sa:shop/web          create  roles.rbac shop/evil\\u001b[2J   403 denied           10.0.0.1
`;

describe('bulwark audit tail', () => {
  it('prints each request once, with control characters made visible', async () => {
    expect(await run(['tail', 'audit.log'])).toEqual({ code: 0, out: listing, err: '' });
  });

  it('reads standard input, many files, and what comes in pieces', async () => {
    const input = (async function* () {
      for (const character of text) yield character;
    })();
    expect((await run(['tail', '-'], { input })).out).toBe(listing);
    expect((await run(['tail', 'audit.log', 'audit.log', '--no-headers'])).out.split('\n')).toHaveLength(9);
  });

  it('fits a narrow terminal, under the day', async () => {
    const { out } = await run(['tail', 'audit.log'], { outIsTty: true, width: 66, env: { NO_COLOR: '1' } });
    expect(out).toBe(`TIME      USER            VERB    RESOURCE              RESULT
2026-11-20 (UTC)
20:06:05  alice           list    secrets in shop       200
20:06:05  (not a...ated)  list    secrets in shop       401
20:06:05  alice           exec    pods shop...c/shadow  101
20:06:05  sa:shop/web     create  roles sho...u001b[2J  403 denied
`);
  });

  it('colours a terminal', async () => {
    const { out } = await run(['tail', 'audit.log', '--denied'], { outIsTty: true, width: 120 });
    expect(out).toContain('\u001b[31m403 denied\u001b[39m');
    expect(out).not.toContain('\u001b[2J');
  });

  it('prints whole events as JSON lines', async () => {
    const { out } = await run(['tail', 'audit.log', '-o', 'json', '--verb', 'exec', '--all-stages']);
    const events = out
      .trim()
      .split('\n')
      .map((json) => JSON.parse(json) as { stage: string });
    expect(events.map(({ stage }) => stage)).toEqual(['ResponseStarted', 'ResponseComplete']);
  });

  it('prints the fields that are asked for', async () => {
    const { out } = await run([
      'tail',
      'audit.log',
      '-o',
      'user.name,action,annotations.authorization.k8s.io/decision',
      '--denied',
    ]);
    expect(out).toBe(`USER.NAME                       ACTION  ANNOTATIONS.AUTHORIZATION.K8S.IO/DECISION
<none>                          list    <none>
system:serviceaccount:shop:web  create  forbid
`);
  });

  it('says where it could not read, and exits with 3', async () => {
    await writeFile(join(home, 'damaged.log'), `${line({})}garbage\n${line({})}`);
    const { code, out, err } = await run(['tail', 'damaged.log', '--no-headers']);
    expect([code, out.split('\n').length]).toEqual([3, 3]);
    expect(err).toBe(`bulwark: damaged.log: at byte ${line({}).length}: 8 bytes passed over: this is no JSON\n`);
  });

  it.each<[string, readonly string[], RegExp]>([
    ['a missing file', ['missing.log'], /there is no file .*missing\.log\n {2}check the path/],
    ['a folder', ['.'], /is a directory\n {2}name the files in it/],
    ['a file that is no log', ['pods.json'], /there are no audit events in pods\.json/],
    ['a misspelt field', ['audit.log', '-o', 'time,user.nam'], /no field "user\.nam"\n {2}did you mean user\.name\?/],
    ['standard input twice', ['-', '-'], /standard input can only be read once/],
    ['no source', [], /missing required argument/],
    ['a time that is none', ['audit.log', '--since', 'soon'], /must look like 10m/],
  ])('refuses %s', async (_, args, message) => {
    await writeFile(join(home, 'pods.json'), '{"kind":"PodList","apiVersion":"v1","items":[]}\n');
    const { code, out, err } = await run(['tail', ...args]);
    expect(err).toMatch(message);
    expect([code, out]).toEqual([2, '']);
  });

  it('says that nothing matches, and has nothing to say of an empty log', async () => {
    expect(await run(['tail', 'audit.log', '-u', 'nobody'])).toEqual({
      code: 0,
      out: '',
      err: 'bulwark: no event matches\n',
    });
    await writeFile(join(home, 'empty.log'), '');
    expect((await run(['tail', 'empty.log'])).code).toBe(0);
  });

  it('ends when one of the followed logs cannot be read', async () => {
    const { code, err } = await run(['tail', '-f', 'not-yet.log', '.']);
    expect([code, /is a directory/.test(err)]).toEqual([2, true]);
  });

  it('follows until it is interrupted', async () => {
    const log = join(home, 'followed.log');
    const { text: seen, terminal } = terminalOf();
    const signals = new EventEmitter();
    const interrupts = { signals, exit: () => undefined };
    const flags = {
      follow: true as const,
      output: 'user,verb',
      headers: false,
      color: 'never' as const,
    };
    const running = runAuditTail(['followed.log'], flags, terminal, interrupts);
    const until = async (lines: number): Promise<void> => {
      for (let turn = 0; turn < 200 && seen.out.split('\n').length <= lines; turn += 1) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    };
    await writeFile(log, line({}));
    await until(1);
    expect(seen.out).toBe('alice                 list\n');
    await appendFile(log, line({ verb: 'get' }));
    await until(2);
    signals.emit('SIGINT');
    expect(await running).toBe(0);
    expect(seen).toEqual({ out: 'alice                 list\nalice                 get\n', err: '' });
  });
});

describe('bulwark audit stats', () => {
  it('counts each request once, by what is asked for', async () => {
    expect(await run(['stats', 'audit.log', '--by', 'user,verb', '--top', '3'])).toEqual({
      code: 0,
      out: `4 requests: 2 denied, 0 failed
from 2026-11-20T20:06:05Z to 2026-11-20T20:06:05Z

COUNT  SHARE  DENIED  FAILED  USER                 VERB
    1  25.0%       1       -  (not authenticated)  list
    1  25.0%       -       -  alice                exec
    1  25.0%       -       -  alice                list
and 1 more
`,
      err: '',
    });
  });

  it('gives an overview, and data', async () => {
    const { out } = await run(['stats', 'audit.log', '-o', 'json', '--denied']);
    const { total, tables } = JSON.parse(out);
    expect(total).toMatchObject({ count: 2, denied: 2, failed: 0, first: '2026-11-20T20:06:05.021717Z' });
    expect(tables.map(({ by }: { by: string[] }) => by.join())).toEqual(['user', 'verb', 'resource', 'source', 'code']);
    expect(tables[4].rows.map(({ key, count }: { key: object; count: number }) => [key, count])).toEqual([
      [{ code: '401' }, 1],
      [{ code: '403' }, 1],
    ]);
  });

  it.each<[readonly string[], RegExp]>([
    [['--by', 'usr'], /must be of user, verb/],
    [['--top', '0'], /whole number from 1 on/],
  ])('refuses %s', async (args, message) => {
    const { code, err } = await run(['stats', 'audit.log', ...args]);
    expect([code, message.test(err)]).toEqual([2, true]);
  });
});
