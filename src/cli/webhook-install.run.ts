import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { controls } from '../controls/registry.ts';
import type { KubeApi } from '../enforce/cluster/kube-api.ts';
import { labelNamespaces } from '../enforce/deployment/label-namespaces.ts';
import { deploymentObjects } from '../enforce/deployment/manifests.ts';
import { applyObjects, referenceText } from '../enforce/deployment/objects.ts';
import { type ApiServers, usualApiServers } from '../enforce/deployment/pods.ts';
import { PolicySource } from '../enforce/policy-source.ts';
import { clusterNamespaces } from '../enforce/registration/names.ts';
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
  const { exempt: exemptByPolicy } = source.current.rules();
  const mode = flags.apply === true ? 'apply' : flags.dryRun === true ? 'dry-run' : undefined;
  const texts = await policyTexts(paths);
  const objectsFor = (serverMinor: number, apiServers: ApiServers) =>
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
      apiServers,
      keeperArguments: [
        ...(flags.enforceInKubeSystem === true ? ['--enforce-in-kube-system'] : []),
        ...flags.exempt.map((name) => `--exempt=${name}`),
        ...(flags.webhookTimeout === undefined ? [] : [`--webhook-timeout=${flags.webhookTimeout}`]),
      ],
      serverMinor,
    });
  if (mode === undefined) {
    const ports = flags.apiServerPort.length > 0 ? flags.apiServerPort : usualApiServers.ports;
    const objects = objectsFor(flags.serverVersion ?? newest, { ports, ranges: flags.apiServerRange });
    await terminal.out(
      objects.map((object) => stringify(object, { lineWidth: 0, aliasDuplicateObjects: false })).join('---\n'),
    );
    return exitCodes.clean;
  }
  const api = openApi(flags, terminal);
  try {
    return await askingServer(async () => {
      const minor = flags.serverVersion ?? (await minorOf(api));
      const ports = flags.apiServerPort.length > 0 ? flags.apiServerPort : await apiServerPorts(api);
      const applied = await applyObjects(api, objectsFor(minor, { ports, ranges: flags.apiServerRange }), mode);
      for (const { reference, refused } of applied) {
        const what =
          refused === undefined ? (mode === 'apply' ? 'applied' : 'would be applied') : `refused: ${refused}`;
        await terminal.out(`${referenceText(reference)}: ${what}\n`);
      }
      const exempt = new Set([
        names.namespace,
        ...(flags.enforceInKubeSystem === true ? [] : clusterNamespaces),
        ...flags.exempt,
        ...exemptByPolicy,
      ]);
      if (mode === 'apply') {
        for (const name of await labelNamespaces(api, [...exempt])) await terminal.out(`Namespace ${name}: labelled\n`);
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

/** Where the API servers of this cluster are reached, behind the Service `kubernetes` and by it. */
async function apiServerPorts(api: KubeApi): Promise<readonly number[]> {
  const endpoints = new Reader((await api.find('/api/v1/namespaces/default/endpoints/kubernetes')) ?? {}, [], []);
  const ports = endpoints
    .objects('subsets')
    .flatMap((subset) => subset.objects('ports'))
    .flatMap((port) => port.integer('port') ?? []);
  return ports.length === 0 ? usualApiServers.ports : [...new Set([443, ...ports])].toSorted((a, b) => a - b);
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
