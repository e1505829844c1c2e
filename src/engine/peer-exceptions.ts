import peerChecks from '../../data/peer-checks.json' with { type: 'json' };
import { isObject, type JsonObject, own } from '../model/json.ts';
import type { KubeObject } from '../model/snapshot.ts';
import type { AttachedException } from './exceptions.ts';
import { metadataOf, nameOfObject } from './inline-exceptions.ts';

type Peer = keyof typeof peerChecks.checks;

/** By scanner and check: the controls that ask the same. */
const controlsOf: ReadonlyMap<Peer, ReadonlyMap<string, readonly string[]>> = new Map(
  Object.entries(peerChecks.checks).map(([peer, checks]) => [peer as Peer, new Map(Object.entries(checks))]),
);

/** A decision that an annotation or label of another scanner stands for. */
interface Accepted {
  readonly peer: Peer;
  /** `*` is every check that has a control here. */
  readonly check: string;
  readonly key: string;
  readonly reason: string;
  readonly container?: string;
  readonly expires?: string;
}

/** How each scanner writes it down: the annotations, or labels, of an object or of its pod template. */
const readers: readonly ((metadata: JsonObject) => Iterable<Accepted>)[] = [
  kubeLinter,
  checkov,
  kubeScore,
  polaris,
  kubescape,
  kubeaudit,
];

/**
 * The exceptions that objects bear for kube-linter, Checkov, kube-score, Polaris, kubescape and kubeaudit, as far as
 * those scanners' checks have controls here (`data/peer-checks.json`). None of them asks for an owner, and but one for
 * an end, so that neither is demanded.
 */
export function peerExceptions(objects: readonly KubeObject[]): readonly AttachedException[] {
  const found: AttachedException[] = [];
  for (const object of objects) {
    const seen = new Set<string>();
    for (const metadata of metadataOf(object)) {
      for (const reader of readers) {
        for (const accepted of reader(metadata)) {
          for (const exception of exceptionsOf(accepted, object)) {
            const scope = `${exception.control} ${exception.container ?? ''}`;
            if (seen.has(scope)) continue;
            seen.add(scope);
            found.push(exception);
          }
        }
      }
    }
  }
  return found;
}

function* exceptionsOf(accepted: Accepted, on: KubeObject): Generator<AttachedException> {
  const { peer, check, key, reason, container, expires } = accepted;
  const checks = controlsOf.get(peer);
  const controls = check === '*' ? [...(checks?.values() ?? [])].flat() : (checks?.get(check) ?? []);
  const origin = { by: 'peer', place: `${nameOfObject(on)}, ${key}` } as const;
  for (const control of new Set(controls)) {
    yield { control, reason, owner: '', expires, origin, on, ...(container !== undefined && { container }) };
  }
}

function* textsIn(metadata: JsonObject, field: 'annotations' | 'labels'): Generator<[key: string, value: string]> {
  const texts = own(metadata, field);
  if (!isObject(texts)) return;
  for (const key of Object.keys(texts)) {
    const value = texts[key];
    if (typeof value === 'string') yield [key, value];
  }
}

/** `ignore-check.kube-linter.io/CHECK: reason`, `kube-linter.io/ignore-all: reason`. */
function* kubeLinter(metadata: JsonObject): Generator<Accepted> {
  for (const [key, reason] of textsIn(metadata, 'annotations')) {
    if (key === 'kube-linter.io/ignore-all') yield { peer: 'kube-linter', check: '*', key, reason };
    const [, check] = /^ignore-check\.kube-linter\.io\/(.+)$/.exec(key) ?? [];
    if (check !== undefined) yield { peer: 'kube-linter', check, key, reason };
  }
}

/** `checkov.io/skip1: CKV_K8S_20=reason`. */
function* checkov(metadata: JsonObject): Generator<Accepted> {
  for (const [key, value] of textsIn(metadata, 'annotations')) {
    if (!/^checkov\.io\/skip\d*$/.test(key)) continue;
    const equals = value.indexOf('=');
    const check = equals === -1 ? value : value.slice(0, equals);
    const reason = equals === -1 ? '' : value.slice(equals + 1).trim();
    yield { peer: 'checkov', check: check.trim(), key, reason };
  }
}

/** `kube-score/ignore: check,check`, `kube-score/skip: "true"`. */
function* kubeScore(metadata: JsonObject): Generator<Accepted> {
  for (const [key, value] of textsIn(metadata, 'annotations')) {
    if (key === 'kube-score/skip' && value.trim() === 'true') yield { peer: 'kube-score', check: '*', key, reason: '' };
    if (key !== 'kube-score/ignore') continue;
    for (const check of value.split(',')) yield { peer: 'kube-score', check: check.trim(), key, reason: '' };
  }
}

/** `polaris.fairwinds.com/CHECK-exempt: "true"`, `polaris.fairwinds.com/exempt: "true"`. */
function* polaris(metadata: JsonObject): Generator<Accepted> {
  for (const [key, value] of textsIn(metadata, 'annotations')) {
    if (value.toLowerCase() !== 'true') continue;
    if (key === 'polaris.fairwinds.com/exempt') yield { peer: 'polaris', check: '*', key, reason: '' };
    const [, check] = /^polaris\.fairwinds\.com\/(.+)-exempt$/.exec(key) ?? [];
    if (check !== undefined) yield { peer: 'polaris', check, key, reason: '' };
  }
}

/** `kubescape.io/skip-controls: C-0016,C-0017`, with `skip-reason` and `skip-expiry` beside it. */
function* kubescape(metadata: JsonObject): Generator<Accepted> {
  const texts = new Map(textsIn(metadata, 'annotations'));
  const key = 'kubescape.io/skip-controls';
  const expires = texts.get('kubescape.io/skip-expiry');
  const reason = texts.get('kubescape.io/skip-reason') ?? '';
  for (const check of (texts.get(key) ?? '').split(',')) {
    yield { peer: 'kubescape', check: check.trim(), key, reason, ...(expires !== undefined && { expires }) };
  }
}

/** Labels: `kubeaudit.io/OVERRIDE: reason` of a pod, `container.kubeaudit.io/NAME.OVERRIDE: reason` of a container. */
function* kubeaudit(metadata: JsonObject): Generator<Accepted> {
  for (const [key, reason] of textsIn(metadata, 'labels')) {
    const [, ofPod] = /^kubeaudit\.io\/(.+)$/.exec(key) ?? [];
    if (ofPod !== undefined) yield { peer: 'kubeaudit', check: ofPod, key, reason };
    const [, container, check] = /^container\.kubeaudit\.io\/(.+)\.(allow-[^.]+)$/.exec(key) ?? [];
    if (check !== undefined && container !== undefined) yield { peer: 'kubeaudit', check, key, reason, container };
  }
}
