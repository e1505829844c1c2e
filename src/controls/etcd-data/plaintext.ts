import type { EtcdDataEvidence, StoredResource } from '../../model/etcd-data.ts';
import { notApplicable, unknown, type Verdict } from '../../model/verdict.ts';
import { type EncryptionPlan, providerText } from './encryption-plan.ts';
import {
  type EtcdDataQuestion,
  etcdDataControls,
  examplesOf,
  liveCount,
  named,
  storedIn,
  type Wrong,
} from './etcd-data-control.ts';
import { encrypting, etcdData, identity, keys, plain, secretbox } from './examples.ts';

const rewriteSecrets = 'rewrite them: `kubectl get secrets -A -o json | kubectl replace -f -`';
const setUp =
  'name an EncryptionConfiguration with a secretbox provider, or from v1.27 on one of KMS v2, first for secrets on every API server, then ';
const forget =
  'compact etcd, defragment every member, take a new snapshot, and destroy the older ones with their write-ahead logs; secrets that were in them are best replaced';

/** What lies in etcd in plain text, whatever the configuration says. */
export default etcdDataControls([
  {
    name: 'secrets-encrypted',
    title: 'No Secret lies in etcd in plain text',
    // Not critical: it takes the disk, a backup or etcd's own port to read them, and then it takes nothing else.
    severity: 'high',
    why: 'Whoever gets hold of the file, of a backup or of the disk has the Secrets. The configuration says how they are written from now on; only the data says how they lie.',
    about: 'values',
    wrong: ({ data, plan }) => {
      if (data.prefix === undefined) return noKubernetes(data);
      const secrets = data.resources.find(({ resource }) => resource === 'secrets');
      const plaintext = secrets === undefined ? [] : storedIn(secrets, 'plaintext');
      const count = liveCount(plaintext);
      if (secrets === undefined || liveCount(secrets.stored) === 0) return notApplicable('it holds no Secrets');
      if (count === 0) return [];
      const writer = plan('secrets')?.writers.find(({ kind }) => kind !== 'identity');
      const although = writer === undefined ? '' : `, although ${providerText(writer)} is to write them`;
      const says = `${share(count, liveCount(secrets.stored), 'Secret')} in plain text${although}: ${named(examplesOf(plaintext), count)}`;
      const remedy = `${writer === undefined ? setUp : ''}${rewriteSecrets}${forBackups(data)}`;
      return [{ says, remedy }];
    },
    examples: {
      fail: [
        etcdData({ secrets: [`${plain}, live 12`] }),
        etcdData({ secrets: [`${plain}, live 1`, `${secretbox}, live 40`] }),
        etcdData({ secrets: ['plaintext json, live 2'] }) + encrypting('secrets', keys('aescbc', 'key1'), identity),
      ],
      pass: [etcdData({ secrets: [`${secretbox}, live 12`], configmaps: [`${plain}, live 3`] })],
    },
  },
  {
    name: 'encrypted-as-configured',
    title: 'Whatever is to be encrypted is encrypted in etcd',
    severity: 'medium',
    why: 'A new configuration encrypts what is written from then on. What nobody wrote since lies in etcd as it was.',
    remedy:
      'rewrite each resource: `kubectl get RESOURCE -A -o json | kubectl replace -f -`, or a StorageVersionMigration',
    about: 'values',
    wrong: ({ data, plan }) => {
      const left = meantEncrypted(data.resources, plan).flatMap((each) => {
        const count = each.resource === 'secrets' ? 0 : liveCount(storedIn(each, 'plaintext'));
        return count === 0 ? [] : [`${each.resource} (${count} of ${liveCount(each.stored)})`];
      });
      if (left.length === 0) return [];
      return [{ says: `lies in plain text although it is to be encrypted: ${named(left)}` }];
    },
    examples: {
      fail: [
        etcdData({ configmaps: [`${plain}, live 12`] }) + encrypting('configmaps', keys('secretbox', 'key1'), identity),
        etcdData({ 'example.com/tokens': [`${plain}, live 1`, `${secretbox}, live 3`] }),
      ],
      pass: [
        etcdData({ configmaps: [`${plain}, live 12`], secrets: [`${secretbox}, live 12`] }) +
          encrypting('secrets', keys('secretbox', 'key1'), identity),
      ],
    },
  },
  {
    name: 'history-encrypted',
    title: 'What is encrypted in etcd has left no plain text behind',
    severity: 'medium',
    why: 'Old revisions and freed pages keep what was written before encryption, and deleted Secrets too. They are in every snapshot that is taken until compaction and defragmentation remove them.',
    remedy: forget,
    about: 'values',
    wrong: ({ data, plan }) => {
      const left = meantEncrypted(data.resources, plan).flatMap(formerPlaintext);
      if (left.length > 0) return [{ says: `holds former values in plain text: ${named(left)}` }];
      const secrets = data.resources.find(({ resource }) => resource === 'secrets');
      if (secrets === undefined) return notApplicable('it holds no Secrets');
      if (liveCount(storedIn(secrets, 'plaintext')) > 0) return notApplicable('the Secrets of today are in plain text');
      if (data.from === 'file') return [];
      return unknown('a live member does not show old revisions and freed pages: read a snapshot');
    },
    examples: {
      fail: [
        etcdData({ secrets: [`${secretbox}, live 12`, `${plain}, old 12, freed 3`] }),
        etcdData({ secrets: [`${secretbox}, live 12`, `${plain}, freed 1`] }),
      ],
      pass: [etcdData({ secrets: [`${secretbox}, live 12, old 4`] })],
    },
  },
]);

/** What becomes of the file itself. A member's own database is no backup, and is never to be destroyed. */
function forBackups({ at, file, node }: EtcdDataEvidence): string {
  if (file === undefined || node !== undefined || /(?:^|\/)member\/snap\/db$/.test(at)) return '';
  if (file.kind === 'snapshot') return '; then take a new backup, and destroy this one';
  return '; then take a new backup, and destroy this file if it is a copy that no member uses';
}

/** `all 12 Secrets lie`, `1 of 40 Secrets lies`. */
function share(count: number, total: number, noun: string): string {
  if (count < total) return `${count} of ${total} ${noun}s ${count === 1 ? 'lies' : 'lie'}`;
  return total === 1 ? `the only ${noun} lies` : `all ${total} ${noun}s lie`;
}

/** Secrets, and what the API servers are configured to encrypt; where that is not known, what is encrypted in part. */
function meantEncrypted(resources: readonly StoredResource[], plan: EncryptionPlan): readonly StoredResource[] {
  return resources.filter((each) => {
    if (each.resource === 'secrets') return true;
    const planned = plan(each.resource);
    if (planned !== undefined) return planned.writers.some(({ kind }) => kind !== 'identity');
    return liveCount(storedIn(each, 'encrypted')) > 0;
  });
}

/** Of a resource whose values of today are encrypted: while they are not, their past is the lesser matter. */
function formerPlaintext(each: StoredResource): readonly string[] {
  const plaintext = storedIn(each, 'plaintext');
  if (liveCount(plaintext) > 0) return [];
  const old = plaintext.reduce((sum, { old: { count } }) => sum + count, 0);
  const freed = plaintext.reduce((sum, { freed: count }) => sum + count, 0);
  const counts = [...(old > 0 ? [`${old} in old revisions`] : []), ...(freed > 0 ? [`${freed} in freed pages`] : [])];
  return counts.length === 0 ? [] : [`${each.resource} (${counts.join(', ')})`];
}

function noKubernetes({ complete, otherKeys }: EtcdDataQuestion['data']): Verdict | readonly Wrong[] {
  if (!complete) return [];
  return notApplicable(otherKeys === 0 ? 'it is empty' : 'no key in it is one of Kubernetes');
}
