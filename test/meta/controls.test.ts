import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { registryText } from '../../scripts/generate-registry.mjs';
import { decodeManifest } from '../../src/collect/manifests/decode.ts';
import { assembleSnapshot } from '../../src/collect/snapshot.ts';
import { controls } from '../../src/controls/registry.ts';
import { judge } from '../../src/engine/judge.ts';
import { testExamples } from '../control-examples.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

describe('the registry', () => {
  it('is what the generator writes', () => {
    expect(readFileSync(join(root, 'src/controls/registry.ts'), 'utf8')).toBe(registryText());
  });

  it('has unique ids, each the name of its file', () => {
    const ids = controls.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('knows every control that another one is covered by', () => {
    const ids = new Set(controls.map(({ id }) => id));
    const missing = controls.flatMap((control) =>
      control.coveredBy.filter((id) => !ids.has(id)).map((id) => `${control.id} is covered by ${id}`),
    );
    expect(missing).toEqual([]);
  });
});

describe.each(controls.map((control) => [control.id, control] as const))('%s', (_, control) => {
  testExamples(control, {
    failing: ({ inputs }, text) => expect(inputs.unparsable, text).toBe(0),
    passing: ({ inputs, gaps }, text) => {
      expect(inputs.unparsable, text).toBe(0);
      expect(gaps, text).toEqual([]);
      expect(inputs.evaluated, text).toBeGreaterThan(0);
    },
  });
});

describe('any JSON at all', () => {
  const kinds = ['Pod', 'Deployment', 'CronJob', 'Job', 'ReplicationController', 'Namespace', 'Service', 'LimitRange'];
  // Words that controls look for, so that random objects reach past the first test.
  const word = fc.constantFrom(
    ...[
      'containers',
      'initContainers',
      'ephemeralContainers',
      'securityContext',
      'capabilities',
      'add',
      'drop',
      'volumes',
    ],
    ...['hostPath', 'path', 'volumeMounts', 'name', 'image', 'resources', 'limits', 'cpu', 'memory', 'privileged'],
    ...[
      'seccompProfile',
      'type',
      'runAsUser',
      'runAsNonRoot',
      'ports',
      'hostPort',
      'env',
      'value',
      'sysctls',
      'metadata',
    ],
    ...[
      'spec',
      'template',
      'jobTemplate',
      'annotations',
      'labels',
      'livenessProbe',
      'httpGet',
      'host',
      '__proto__',
      'constructor',
    ],
  );
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 6, withCrossShrink: true },
      fc.constantFrom<unknown>(
        null,
        true,
        false,
        0,
        -1,
        1.5,
        65536,
        '',
        'ALL',
        'x',
        '/var/run/docker.sock',
        'Unconfined',
      ),
      fc.string(),
      fc.array(tie('tree'), { maxLength: 4 }),
      fc.dictionary(fc.oneof({ weight: 9, arbitrary: word }, fc.string()), tie('tree'), { maxKeys: 6 }),
    ),
  }));

  it('makes no control throw', () => {
    fc.assert(
      fc.property(fc.constantFrom(...kinds), tree, tree, (kind, spec, metadata) => {
        const version = kind === 'Deployment' ? 'apps/v1' : kind.endsWith('Job') ? 'batch/v1' : 'v1';
        const text = JSON.stringify({ apiVersion: version, kind, metadata, spec });
        const judgement = judge(assembleSnapshot([decodeManifest(text, 'x.json')], ''), { controls });
        expect(judgement.errors.map(({ control, error }) => `${control.id}: ${String(error)}`)).toEqual([]);
        const { evaluated, notApplicable, unparsable, unrendered, unsupported } = judgement.inputs;
        expect(evaluated + notApplicable + unparsable + unrendered + unsupported).toBe(1);
      }),
      { numRuns: 400 },
    );
  });
});
