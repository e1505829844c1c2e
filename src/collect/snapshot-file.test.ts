import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import duplicateKeys from '../controls/manifests/duplicate-keys.ts';
import hostPid from '../controls/pods/host-pid.ts';
import privileged from '../controls/pods/privileged.ts';
import { judge } from '../engine/judge.ts';
import { BulwarkError } from '../model/errors.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { decodeManifest } from './manifests/decode.ts';
import { assembleSnapshot } from './snapshot.ts';
import { readSnapshot, writeSnapshot } from './snapshot-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'snapshot-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function judged(snapshot: Snapshot) {
  const { findings, inputs, gaps } = judge(snapshot, { controls: [duplicateKeys, hostPid, privileged] });
  return {
    inputs,
    gaps,
    findings: findings.map(({ identity, message, severity, places }) => ({
      identity,
      message,
      severity,
      places: places.map(({ object, path }) => ({
        file: object.source.file,
        region: object.source.positions?.locate([...object.source.base, ...path]),
      })),
    })),
  };
}

const sample = `apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Pod
  metadata: {name: a, labels: {__proto__: x}}
  spec: {hostPID: yes, containers: [{name: c, securityContext: {privileged: true}}]}
- apiVersion: v1
  kind: Secret
  metadata: {name: s}
  data: {k: dmFsdWU=}
---
apiVersion: v1
kind: Pod
metadata: {name: b}
spec:
  hostPID: false
  hostPID: true
  containers: wrong
---
a: [
`;

describe('a saved snapshot', () => {
  const decoded = decodeManifest(sample, 'f.yaml');
  const cluster = { objects: [], inputs: [], gaps: [], cluster: { server: 'https://x', version: 'v1.20.2' } };
  const snapshot = assembleSnapshot([decoded, cluster], '2026-11-21T00:00:00Z');

  it.each(['s.json', 's.json.gz'])('is judged as the one that was taken (%s)', async (name) => {
    const file = join(folder, name);
    await writeSnapshot(snapshot, file);
    const read = await readSnapshot(file);
    expect(judged(read)).toEqual(judged(snapshot));
    expect(judged(read).findings.flatMap(({ places }) => places.map(({ region }) => region?.line))).toEqual([
      7, 7, 18, 18,
    ]);
    expect(read.cluster).toEqual(snapshot.cluster);
    expect(Object.keys((read.objects[0]?.value.metadata as { labels: object }).labels)).toEqual(['__proto__']);
    expect(readdirSync(folder)).toEqual([name]);
  });

  it('holds the positions of a document once, whatever the number of its objects', async () => {
    const items = Array.from({ length: 500 }, (_, index) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: `p${index}` },
    }));
    const text = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
    const file = join(folder, 's.json');
    await writeSnapshot(assembleSnapshot([decodeManifest(text, 'l.json')], ''), file);
    expect(readFileSync(file).length).toBeLessThan(text.length * 12);
  });

  it('is there whole or not at all', async () => {
    const file = join(folder, 'none', 's.json');
    await expect(writeSnapshot(snapshot, file)).rejects.toMatchObject({ code: 'output-unwritable' });
    expect(existsSync(file)).toBe(false);
  });
});

describe('what is no snapshot', () => {
  const base = { schema: 'bulwark.snapshot/v1', takenAt: '', objects: [], inputs: [], gaps: [], positions: [] };
  const node = { name: 'n', from: 'root', at: '/mnt', processes: [], files: [], users: [], groups: [] };
  const object = { apiVersion: 'v1', kind: 'Pod', name: 'a', value: {}, source: { file: 'f', document: 0, base: [] } };

  it.each<[unknown, string]>([
    ['password: hunter2', 'it is not JSON'],
    [[], 'the file must be an object, found a list'],
    [{ apiVersion: 'v1', kind: 'List', items: [] }, 'schema must be bulwark.snapshot/v1, found nothing'],
    [{ ...base, schema: 'bulwark.snapshot/v9' }, 'schema must be bulwark.snapshot/v1, found bulwark.snapshot/v9'],
    [{ ...base, objects: 5 }, 'objects must be a list, found a number'],
    [{ ...base, objects: [object, { ...object, kind: null }] }, 'objects[1].kind must be a string, found null'],
    [
      { ...base, objects: [{ ...object, source: { ...object.source, positions: 3 } }] },
      'objects[0].source.positions refers to nothing',
    ],
    [
      { ...base, objects: [{ ...object, source: { ...object.source, base: [{}] } }] },
      'objects[0].source.base[0] must be a string or a number, found an object',
    ],
    [
      { ...base, inputs: [{ file: 'f', reason: 'r', bucket: 'x' }] },
      'inputs[0].bucket must be one of not-applicable, unparsable, unrendered',
    ],
    [{ ...base, gaps: [{ code: 'unreadable', what: 'w' }] }, 'gaps[0].reason must be a string, found nothing'],
    [{ ...base, nodes: [node, { ...node, from: 'x' }] }, 'nodes[1].from must be one of host, root, bundle'],
    [
      { ...base, nodes: [{ ...node, files: [{ path: '/a' }] }] },
      'nodes[0].files[0].modified must be a string, found nothing',
    ],
    [
      { ...base, nodes: [{ ...node, host: { sysctls: { 'vm.swappiness': 1 } } }] },
      'nodes[0].host.sysctls.vm.swappiness must be a string, found a number',
    ],
  ])('%j', async (content, reason) => {
    const file = join(folder, 's.json');
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
    const error = await readSnapshot(file).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BulwarkError);
    expect(error).toMatchObject({ code: 'snapshot-invalid', message: `${file}: ${reason}` });
  });

  it('says that a file is missing', async () => {
    await expect(readSnapshot(join(folder, 'none'))).rejects.toMatchObject({ code: 'snapshot-invalid' });
  });
});
