import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { builtInRules } from './built-in.ts';
import { exportSigma } from './export-sigma.ts';
import { loadRules } from './load.ts';
import { testRules } from './test-rules.ts';

const folder = fileURLToPath(new URL('../../detections', import.meta.url));
const files = readdirSync(folder)
  .filter((file) => file.endsWith('.yml'))
  .toSorted()
  .map((file) => ({ path: `detections/${file}`, text: readFileSync(join(folder, file), 'utf8') }));

describe('the built-in detections', () => {
  const rules = builtInRules();
  const alerting = rules.filter(({ alerts }) => alerts);

  it('are what `npm run generate` writes from detections/', () => {
    const { rules: read, problems } = loadRules(files);
    expect(problems).toEqual([]);
    expect(rules.map(({ source }) => source)).toEqual(read.map(({ source }) => source));
  });

  it('are one a file, under its name', () => {
    expect(alerting.map(({ name }) => `detections/${name}.yml`)).toEqual(alerting.map(({ path }) => path));
  });

  it('say why they matter and what they look like', () => {
    const bare = alerting.filter(({ why, message, examples }) => {
      return (
        why === '' ||
        message === undefined ||
        !examples.some(({ fires }) => fires) ||
        !examples.some(({ fires }) => !fires)
      );
    });
    expect(bare.map(({ name }) => name)).toEqual([]);
  });

  it('need requests that an audit policy can log', () => {
    const nothing = alerting.filter(({ needs }) => needs.requests.length === 0 && needs.paths.length === 0);
    expect(nothing.map(({ name }) => name)).toEqual([]);
  });

  it('trust nobody by name alone but the control plane: no rule names the administrator', () => {
    expect(
      files
        .filter(({ text }) => /detection:[\s\S]*kubernetes-admin/.test(text.split('bulwark:')[0] ?? ''))
        .map(({ path }) => path),
    ).toEqual(['detections/privileged-certificate-requested.yml']);
  });

  it('come back from Sigma as they are', () => {
    const { rules: again, problems } = loadRules([{ path: 'export.yml', text: exportSigma(rules) }]);
    expect(problems).toEqual([]);
    expect(again.map(({ source }) => source)).toEqual(rules.map(({ source }) => source));
  });

  it.each(testRules(rules).map((result) => [`${result.rule.name}: ${result.example.title}`, result] as const))(
    '%s',
    (_, { problem }) => {
      expect(problem).toBeUndefined();
    },
  );
});

describe('what detections need', () => {
  const byName = new Map(builtInRules().map((rule) => [rule.name, rule.needs]));

  it.each([
    [
      'failed-authentication-burst',
      {
        level: 'Metadata',
        stage: 'ResponseStarted',
        unauthenticated: true,
        paths: ['*'],
        requests: [{ group: '*', resource: '*', verbs: ['*'] }],
      },
    ],
    [
      'exec',
      {
        level: 'Metadata',
        stage: 'ResponseStarted',
        unauthenticated: false,
        paths: [],
        requests: [{ group: '', resource: 'pods/exec', verbs: ['*'] }],
      },
    ],
    [
      'all-secrets-listed',
      {
        level: 'Metadata',
        stage: 'ResponseComplete',
        unauthenticated: false,
        paths: [],
        requests: [{ group: '', resource: 'secrets', verbs: ['list'] }],
      },
    ],
    [
      'node-port',
      {
        level: 'Request',
        stage: 'ResponseComplete',
        unauthenticated: false,
        paths: [],
        requests: [{ group: '', resource: 'services', verbs: ['create', 'update', 'patch'] }],
      },
    ],
  ])('%s', (name, needs) => {
    expect(byName.get(name)).toEqual(needs);
  });

  it('privileged-container: what makes pods, and not every write', () => {
    const { requests = [] } = byName.get('privileged-container') ?? {};
    expect(requests.map(({ group, resource }) => `${resource} ${group}`)).toEqual([
      'pods ',
      'pods/ephemeralcontainers ',
      'replicationcontrollers ',
      'podtemplates ',
      'deployments apps',
      'daemonsets apps',
      'statefulsets apps',
      'replicasets apps',
      'jobs batch',
      'cronjobs batch',
    ]);
  });
});
