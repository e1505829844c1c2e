import type { StoredAs, StoredResource } from '../../model/etcd-data.ts';
import { notApplicable } from '../../model/verdict.ts';
import { canRead, type EncryptionPlan, providerText, type ResourcePlan, writesSo } from './encryption-plan.ts';
import { classText, etcdDataControls, liveCount, named, storedIn, type Wrong } from './etcd-data-control.ts';
import { aescbc, encrypting, etcdData, identity, keys, plain, secretbox } from './examples.ts';

const rewrite =
  'rewrite what is left under it: `kubectl get RESOURCE -A -o json | kubectl replace -f -`, or a StorageVersionMigration; take the old key out when none is left in any backup that may be restored';
const bringBack =
  'put the provider and key back behind the first one on every API server, rewrite the values, and take it out when none is left';

/** Which keys the values in etcd are under. */
export default etcdDataControls([
  {
    name: 'readable',
    title: 'The API server can read every value in etcd',
    severity: 'high',
    why: 'A value under a key that the API server no longer has is lost, and lists of its resource fail. In a backup it is lost when it is restored.',
    remedy: bringBack,
    about: 'values',
    wrong: ({ data, plan }) => {
      const judged = liveClasses(data.resources).filter(({ as }) => isTold(as));
      if (!judged.some(({ resource }) => plan(resource) !== undefined)) {
        return notApplicable('how the API server encrypts is not known');
      }
      return byClass(judged, ({ resource, as }) => unreadableFor(plan(resource), as)).map(({ as, held, note }) => ({
        says: `${as.form === 'plaintext' ? 'in' : 'under'} ${classText(as)} there are ${held}, which the API server${note} cannot read`,
        of: classText(as),
      }));
    },
    examples: {
      fail: [
        etcdData({ secrets: ['aescbc v1 old, live 3', 'aescbc v1 key1, live 9'] }) +
          encrypting('secrets', keys('aescbc', 'key1'), identity),
        etcdData({ secrets: [`${plain}, live 3`] }) + encrypting('secrets', keys('aescbc', 'key1')),
        etcdData({ configmaps: [`${secretbox}, live 3`] }) + encrypting('secrets', keys('aescbc', 'key1'), identity),
      ],
      pass: [
        etcdData({ secrets: ['aescbc v1 old, live 3', 'aescbc v1 key1, live 9'] }) +
          encrypting('secrets', keys('aescbc', 'key1', 'old'), identity),
      ],
    },
  },
  {
    name: 'one-key',
    title: 'Exchanges of encryption keys are finished',
    severity: 'medium',
    why: 'A key is exchanged because it may be known. Until every value is rewritten, the old key opens what is left.',
    remedy: rewrite,
    about: 'values',
    wrong: ({ data, plan }) => {
      const classes = liveClasses(data.resources).filter(({ as }) => as.form === 'encrypted' && isTold(as));
      if (classes.length === 0) return notApplicable('nothing in it is encrypted');
      const planned = byClass(classes, ({ resource, as }) => outdatedFor(plan(resource), as)).map(
        ({ as, held, note }) => ({
          says: `${classText(as)} still encrypts ${held}, and ${note} writes now`,
          of: classText(as),
        }),
      );
      return [...planned, ...data.resources.flatMap((each) => severalKeys(each, plan))];
    },
    examples: {
      fail: [
        etcdData({ secrets: ['aescbc v1 old, live 3', `${aescbc}, live 9`] }),
        etcdData({ secrets: ['aescbc v1 old, live 3', `${aescbc}, live 9`] }) +
          encrypting('secrets', keys('aescbc', 'key1', 'old'), identity),
        etcdData({ secrets: ['kms v2 vault 1, live 3', 'kms v2 vault 2, live 9'] }),
      ],
      pass: [etcdData({ secrets: [`${aescbc}, live 9`, 'aescbc v1 old, old 3'] })],
    },
  },
  {
    name: 'provider',
    title: 'Values in etcd are under a provider that is not outdated',
    severity: 'low',
    why: 'aescbc is not authenticated, aesgcm is safe for 200,000 writes a key at most, and the first version of KMS is gone since v1.29.',
    remedy: 'use secretbox, or from v1.27 on kms with apiVersion: v2, and rewrite the values',
    about: 'values',
    wrong: ({ data, plan }) => {
      const classes = liveClasses(data.resources).filter(({ as }) => as.form === 'encrypted' && isTold(as));
      if (classes.length === 0) return notApplicable('nothing in it is encrypted');
      // Where the configuration is known, it is what to change, and its own controls say so.
      const alone = classes.filter(({ resource }) => plan(resource) === undefined);
      if (alone.length === 0) return notApplicable('the configuration of the API server is judged for it');
      return byClass(alone, ({ as }) => weakness(as)).map(({ as, held, note }) => ({
        says: `${classText(as)} encrypts ${held}: ${note}`,
        of: classText(as),
        ...(as.form === 'encrypted' && as.provider === 'kms' && { severity: 'medium' as const }),
      }));
    },
    examples: {
      fail: [
        etcdData({ secrets: [`${aescbc}, live 9`] }),
        etcdData({ secrets: ['kms v1 vault, live 9'] }),
        etcdData({ secrets: ['aesgcm v1 key1, live 9'] }),
      ],
      pass: [etcdData({ secrets: [`${secretbox}, live 9`] }), etcdData({ secrets: ['kms v2 vault 1, live 9'] })],
    },
  },
  {
    name: 'known-values',
    title: 'Every value in etcd is one that Kubernetes writes',
    severity: 'medium',
    why: 'A value that is neither encoded nor encrypted as Kubernetes does it is damaged, or something else wrote it below the keys of Kubernetes. The API server fails when it lists the resource.',
    remedy: 'compare with a backup, and find out who has a certificate of etcd',
    about: 'values',
    wrong: ({ data }) => {
      const strange = data.resources.flatMap((each) => {
        const unknown = storedIn(each, 'unknown');
        const count = liveCount(unknown);
        if (count === 0) return [];
        return [
          `${each.resource} (${named(
            unknown.flatMap(({ live }) => live.examples),
            count,
          )})`,
        ];
      });
      if (strange.length === 0) return [];
      return [{ says: `holds values that are neither encoded nor encrypted as Kubernetes does it: ${named(strange)}` }];
    },
    examples: {
      fail: [etcdData({ secrets: [`${aescbc}, live 9`, 'unknown, live 1'] })],
      pass: [etcdData({ secrets: [`${aescbc}, live 9`], pods: ['plaintext cbor, live 3'] })],
    },
  },
]);

interface LiveClass {
  readonly resource: string;
  readonly as: StoredAs;
  readonly count: number;
}

function liveClasses(resources: readonly StoredResource[]): readonly LiveClass[] {
  return resources.flatMap(({ resource, stored }) =>
    stored.flatMap(({ as, live: { count } }) => (count > 0 ? [{ resource, as, count }] : [])),
  );
}

/** Where there are too many keys to tell apart, they have no name. */
function isTold(as: StoredAs): boolean {
  return as.form === 'plaintext' || (as.form === 'encrypted' && as.provider !== '' && as.key !== '');
}

interface ClassWrong {
  readonly as: StoredAs;
  /** `secrets (3)`. */
  readonly held: string;
  /** What `about` said. */
  readonly note: string;
}

/** What is wrong with a way of storing values, once for all resources: `about` says it, or undefined. */
function byClass(classes: readonly LiveClass[], about: (each: LiveClass) => string | undefined): readonly ClassWrong[] {
  const found = new Map<string, { readonly as: StoredAs; readonly note: string; readonly held: string[] }>();
  for (const each of classes) {
    const note = about(each);
    if (note === undefined) continue;
    const name = `${classText(each.as)}\n${note}`;
    const held = `${each.resource} (${each.count})`;
    const known = found.get(name);
    if (known === undefined) found.set(name, { as: each.as, note, held: [held] });
    else known.held.push(held);
  }
  return [...found.values()].map(({ as, note, held }) => ({ as, note, held: named(held) }));
}

/** The servers that cannot read it, as the message goes on; undefined where all can. */
function unreadableFor(plan: ResourcePlan | undefined, as: StoredAs): string | undefined {
  if (plan === undefined) return undefined;
  const without = plan.readers.filter(({ providers }) => !providers.some((provider) => canRead(provider, as)));
  if (without.length === 0) return undefined;
  const nodes = without.map(({ node }) => node).filter((node) => node !== '');
  return nodes.length === 0 ? '' : ` on ${named(nodes)}`;
}

/** What writes instead; undefined where it is the same, or nothing reads it, which `readable` says. */
function outdatedFor(plan: ResourcePlan | undefined, as: StoredAs): string | undefined {
  if (plan === undefined || unreadableFor(plan, as) !== undefined) return undefined;
  if (plan.writers.some((writer) => writesSo(writer, as))) return undefined;
  // Where nothing is encrypted any more, to rewrite the values would not help.
  const writer = plan.writers.find(({ kind }) => kind !== 'identity');
  return writer && providerText(writer);
}

/** Several keys for one resource, where the configuration does not tell which is the old one. */
function severalKeys(each: StoredResource, plan: EncryptionPlan): readonly Wrong[] {
  const live = storedIn(each, 'encrypted').filter(({ as, live: { count } }) => count > 0 && isTold(as));
  const planned = plan(each.resource);
  // Of these the configuration says no more than the provider's name.
  const open =
    planned === undefined ? live : live.filter(({ as }) => planned.writers.some((writer) => writesSo(writer, as)));
  if (open.length < 2) return [];
  // Of several API servers, each may be configured to write with another key.
  if (planned !== undefined && new Set(open.map(({ as }) => (as.form === 'encrypted' ? as.key : ''))).size > 1)
    return [];
  const list = open.map(({ as, live: { count } }) => `${classText(as)} (${count})`);
  return [{ says: `${each.resource} are under ${open.length} keys: ${named(list)}`, of: each.resource }];
}

function weakness(as: StoredAs): string | undefined {
  if (as.form !== 'encrypted') return undefined;
  if (as.provider === 'aescbc') return 'it is not authenticated';
  if (as.provider === 'aesgcm') return 'it is safe only while something exchanges its key every 200,000 writes';
  if (as.provider === 'kms' && as.version === 'v1') return 'it is deprecated since v1.28, and off since v1.29';
  return undefined;
}
