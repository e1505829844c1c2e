import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { controls } from '../controls/registry.ts';
import type { KubeApi } from '../enforce/cluster/kube-api.ts';
import { labelNamespaces } from '../enforce/deployment/label-namespaces.ts';
import { deploymentObjects } from '../enforce/deployment/manifests.ts';
import { applyObjects, referenceText } from '../enforce/deployment/objects.ts';
import { PolicySource } from '../enforce/policy-source.ts';
import { exitCodes } from '../engine/exit-code.ts';
import { BulwarkError } from '../model/errors.ts';
import { Reader } from '../model/reader.ts';
import type { Terminal } from './terminal.ts';
import type { InstallFlags } from './webhook.ts';
import { askingServer, namesOf, openApi, targetOf } from './webhook-api.ts';

/** Where nobody is asked, the newest manifests are printed. */
const newest = 30;

/** Prints, tries or applies the manifests. Returns the exit code: 1 where the server refused any. */
export async function runInstall(flags: InstallFlags, terminal: Terminal): Promise<number> {
  const names = namesOf(flags);
  const paths = flags.policies.map((name) => resolve(terminal.cwd, name));
  targetOf(flags);
  if (flags.clientName.length > 0 && flags.clientCaSecret === undefined) {
    throw new BulwarkError('usage', '--client-name needs --client-ca-secret', 'name the Secret of the authority');
  }
  const source = new PolicySource({
    paths,
    controls,
    serverMinor: () => flags.serverVersion,
    now: terminal.now,
  });
  await source.refresh();
  if (source.current === undefined) {
    throw new BulwarkError('usage', source.problems.join('\n'), 'mend the policies first');
  }
  for (const note of source.notes) terminal.err(`bulwark: ${note}\n`);
  const needs = source.current.needs();
  const mode = flags.apply === true ? 'apply' : flags.dryRun === true ? 'dry-run' : undefined;
  const texts = await policyTexts(paths);
  const objectsFor = (serverMinor: number) =>
    deploymentObjects({
      names,
      policies: texts,
      needs,
      reports: flags.reports === true,
      image: flags.image,
      replicas: flags.replicas,
      priorityClass: flags.priorityClass,
      place: flags.url === undefined ? 'cluster' : 'elsewhere',
      clients:
        flags.clientCaSecret === undefined ? undefined : { secret: flags.clientCaSecret, names: flags.clientName },
      keeperArguments: flags.enforceInKubeSystem === true ? ['--enforce-in-kube-system'] : [],
      serverMinor,
    });
  if (mode === undefined) {
    const objects = objectsFor(flags.serverVersion ?? newest);
    await terminal.out(
      objects.map((object) => stringify(object, { lineWidth: 0, aliasDuplicateObjects: false })).join('---\n'),
    );
    return exitCodes.clean;
  }
  const api = openApi(flags, terminal);
  try {
    return await askingServer(async () => {
      const minor = flags.serverVersion ?? (await minorOf(api));
      const applied = await applyObjects(api, objectsFor(minor), mode);
      for (const { reference, refused } of applied) {
        const what =
          refused === undefined ? (mode === 'apply' ? 'applied' : 'would be applied') : `refused: ${refused}`;
        await terminal.out(`${referenceText(reference)}: ${what}\n`);
      }
      const exempt = [names.namespace, ...(flags.enforceInKubeSystem === true ? [] : ['kube-system'])];
      if (mode === 'apply') {
        for (const name of await labelNamespaces(api, exempt)) await terminal.out(`Namespace ${name}: labelled\n`);
        if (minor < 21) {
          terminal.err(
            'bulwark: this server does not set kubernetes.io/metadata.name itself: namespaces that are exempt are\n' +
              '  told by the label that was set now, and the webhook refuses it to others\n',
          );
        }
      }
      return applied.some(({ refused }) => refused !== undefined) ? exitCodes.findings : exitCodes.clean;
    });
  } finally {
    await api.close();
  }
}

async function minorOf(api: KubeApi): Promise<number> {
  const minor = Number.parseInt(new Reader(await api.get('/version'), [], []).string('minor') ?? '', 10);
  return Number.isNaN(minor) ? newest : minor;
}

/** The policy files by the names that they have in a ConfigMap. Throws `usage` for two of one name. */
async function policyTexts(paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>();
  const add = async (file: string): Promise<void> => {
    const name = basename(file)
      .replace(/[^-._a-zA-Z0-9]/g, '-')
      .replace(/^[.]+/, '')
      .replace(/(\.ya?ml)?$/, '.yaml');
    if (texts.has(name)) throw new BulwarkError('usage', `two policy files are called ${name}`, 'rename one of them');
    texts.set(name, await readFile(file, 'utf8'));
  };
  for (const path of paths) {
    if (!(await stat(path)).isDirectory()) await add(path);
    else
      for (const name of (await readdir(path)).filter((each) => /^[^.].*\.ya?ml$/.test(each)).toSorted())
        await add(join(path, name));
  }
  return texts;
}
