import { defineFact } from '../../facts/facts.ts';
import type { EtcdDataEvidence, EtcdFileEvidence } from '../../model/etcd-data.ts';
import { notApplicable, unknown, type Verdict } from '../../model/verdict.ts';
import { type EtcdDataQuestion, etcdDataControls, storedIn, type Wrong } from './etcd-data-control.ts';
import { etcdData, plain, snapshot } from './examples.ts';

const hourMs = 3_600_000;
/** Clocks of the machine that made a file and of this one. */
const skewMs = 5 * 60_000;
/** Names that people and tools give to snapshots; `db` alone is what etcd calls its own file. */
const snapshotName = /snapshot|snap|backup|bak/i;

const live = notApplicable('a live member is no file');
const own = notApplicable('it is the database of a node, whose folder is judged with its other files');

/** A snapshot or a copy of a database, as a backup of the cluster. */
export default etcdDataControls([
  {
    name: 'snapshot-integrity',
    title: 'Snapshots of etcd are as etcd wrote them',
    severity: 'high',
    why: 'A snapshot that is damaged or was changed is refused when it is needed: `snapshot restore` compares its hash, while `snapshot status` does not look.',
    remedy:
      'take a new one with `etcdctl snapshot save`, and keep the hash of the whole file elsewhere: who changes a snapshot can renew the one inside',
    about: 'file',
    wrong: ({ data }) => {
      if (data.file === undefined) return live;
      const { integrity } = data.file;
      if (integrity.state === 'ok') return [];
      if (integrity.state === 'mismatch') {
        const [expected, found] = [integrity.expected, integrity.found].map((hash) => hash.slice(0, 12));
        return [{ says: `its hash is ${found}, not ${expected} as at its end: it is damaged, or was changed` }];
      }
      if (data.node !== undefined) return notApplicable('a database has no hash');
      const name = data.at.slice(data.at.lastIndexOf('/') + 1);
      if (!snapshotName.test(name)) return notApplicable('a copy of a database has no hash');
      const says = 'has no hash at its end: it was cut short, or is a copy of a database, which nothing can verify';
      return [{ says, severity: 'low' }];
    },
    examples: {
      fail: [
        snapshot(
          'file: {integrity: {state: mismatch, hashed: 20480, expected: 9f86d081884c7d65, found: 60303ae22b998861}}',
        ),
        snapshot('at: /backup/etcd-snapshot.db', 'file: {kind: database, integrity: {state: no-hash, size: 20480}}'),
      ],
      pass: [snapshot()],
    },
  },
  {
    name: 'backup-age',
    title: 'The newest snapshot of etcd is of the last day',
    severity: 'medium',
    why: 'What was changed since the last backup is lost with etcd. A day is what most can bear to lose; before an upgrade it is too long.',
    remedy: 'run `etcdctl snapshot save` by a timer, copy the file to another place, and try a restore now and then',
    about: 'file',
    wrong: backupAge,
    examples: {
      fail: [snapshot('file: {modified: "2026-11-18T00:00:00.000Z"}')],
      pass: [snapshot('file: {modified: "2026-11-20T12:00:00.000Z"}')],
    },
  },
  {
    name: 'snapshot-mode',
    title: 'Snapshots of etcd are for their owner alone',
    severity: 'high',
    why: 'A snapshot is the whole cluster in one file. Who reads it has what is not encrypted, the names of all the rest, and can try a stolen key on it; who changes it writes into the cluster that is restored from it.',
    remedy: 'give the file mode 0600, keep it in a folder of mode 0700, and encrypt the copies that leave the machine',
    about: 'file',
    wrong: ({ data }) => {
      if (data.file === undefined) return live;
      if (data.node !== undefined) return own;
      return modeProblem(data, data.file);
    },
    examples: {
      fail: [
        etcdData({ secrets: [`${plain}, live 12`] }, 'file: {mode: 0o644}'),
        snapshot('file: {mode: 0o644, way: 0o755}'),
        snapshot('file: {mode: 0o602}'),
        snapshot('file: {mode: 0o640, gid: 1000}'),
      ],
      pass: [snapshot('file: {mode: 0o600}'), snapshot('file: {mode: 0o644, way: 0o700}')],
    },
  },
]);

/**
 * Of several snapshots, as of one cluster at several times, the newest is the one that a restore would lose least with;
 * what claims to be of the future is not counted.
 */
const newestSnapshot = defineFact('newest-snapshot', ({ snapshot: { etcd = [], takenAt } }): number => {
  const end = Date.parse(takenAt) + skewMs;
  let newest = Number.NEGATIVE_INFINITY;
  for (const { file } of etcd) {
    const at = file?.kind === 'snapshot' ? Date.parse(file.modified) : Number.NaN;
    if (at <= end && at > newest) newest = at;
  }
  return newest;
});

function backupAge({ data, now, facts }: EtcdDataQuestion): readonly Wrong[] | Verdict {
  if (data.file?.kind !== 'snapshot') return notApplicable('it is no snapshot');
  const { modified } = data.file;
  const at = Date.parse(modified);
  if (Number.isNaN(now) || Number.isNaN(at)) return unknown('it is not known when the snapshot was written, or read');
  if (at > now + skewMs) return unknown(`the snapshot is of ${modified}, which has not come yet: a clock is wrong`);
  if (at < facts.get(newestSnapshot)) return notApplicable('there is a newer snapshot');
  const hours = Math.floor((now - at) / hourMs);
  const most = facts.settings.backupMaxAgeHours;
  if (hours < most) return [];
  return [{ says: `was written ${ageText(hours)} ago, and there should be one every ${ageText(most)}` }];
}

function ageText(hours: number): string {
  if (hours < 72) return hours === 1 ? '1 hour' : `${hours} hours`;
  return `${Math.floor(hours / 24)} days`;
}

function modeProblem(data: EtcdDataEvidence, { mode, gid, way = 0o777 }: EtcdFileEvidence): readonly Wrong[] {
  const isPlain = holdsPlainSecrets(data);
  const octal = `0${mode.toString(8).padStart(3, '0')}`;
  const what = isPlain ? ', and holds Secrets in plain text' : '';
  const open = mode & (way & 0o001 ? 0o007 : 0);
  if ((open & 0o002) !== 0) return [{ says: `has mode ${octal}: everyone on the machine may change it` }];
  if ((open & 0o004) !== 0) {
    const says = `has mode ${octal}: everyone on the machine may read it${what}`;
    return [isPlain ? { says } : { says, severity: 'medium' }];
  }
  // Of the group root, root alone is a member nearly everywhere.
  const forGroup = gid !== 0 && (way & 0o011) !== 0 ? mode & 0o060 : 0;
  if (forGroup === 0) return [];
  const verb = (forGroup & 0o020) === 0 ? 'read' : 'change';
  return [{ says: `has mode ${octal}: the group ${gid} may ${verb} it${what}`, severity: isPlain ? 'medium' : 'low' }];
}

function holdsPlainSecrets({ resources }: EtcdDataEvidence): boolean {
  return resources.some(
    (each) =>
      each.resource === 'secrets' &&
      storedIn(each, 'plaintext').some(({ live: now, old, freed }) => now.count + old.count + freed > 0),
  );
}
