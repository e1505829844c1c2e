import { type Component, components } from '../../model/component.ts';

/** Programs that a node's evidence lists, with what their first words have to be. */
const others: ReadonlySet<string> = new Set([
  'k3s',
  'k3s-server',
  'k3s-agent',
  'rke2',
  'kubelite',
  'containerd',
  'dockerd',
  'crio',
]);

const isComponent: ReadonlySet<string> = new Set(components);

/** Names of the executables that `recogniseProcess` may know, for a collector that has to choose by name. */
export const programNames: readonly string[] = [...components, ...others, 'hyperkube', 'kubectl'];

/** What hyperkube calls them. */
const hyperkube: ReadonlyMap<string, Component> = new Map([
  ['apiserver', 'kube-apiserver'],
  ['controller-manager', 'kube-controller-manager'],
  ['scheduler', 'kube-scheduler'],
  ['proxy', 'kube-proxy'],
]);

export interface RecognisedProcess {
  /** Undefined for container runtimes, distributions and kubectl. */
  readonly component: Component | undefined;
  /** Index in argv where its arguments begin. */
  readonly argsAt: number;
}

/**
 * What a process is by the name of its executable and its first words; undefined for what is no part of Kubernetes.
 * The kernel's name of the executable counts before argv[0], which a process may set to anything.
 */
export function recogniseProcess(exe: string, argv: readonly string[]): RecognisedProcess | undefined {
  const name = programName(exe) || programName(argv[0] ?? '');
  if (isComponent.has(name)) return { component: name as Component, argsAt: 1 };
  if (name === 'hyperkube') {
    const first = argv[1] ?? '';
    const component = hyperkube.get(first) ?? (isComponent.has(first) ? (first as Component) : undefined);
    return component === undefined ? undefined : { component, argsAt: 2 };
  }
  if (name === 'kubectl') {
    const command = kubectlCommand(argv);
    return command === 'proxy' || command === 'port-forward' ? { component: undefined, argsAt: 1 } : undefined;
  }
  return others.has(name) ? { component: undefined, argsAt: 1 } : undefined;
}

/** Flags of every kubectl command whose value is the next word. Those of `proxy` itself come after its name. */
const kubectlFlags: ReadonlySet<string> = new Set([
  '-n',
  '-s',
  '-v',
  ...[
    'as',
    'as-group',
    'as-uid',
    'cache-dir',
    'certificate-authority',
    'client-certificate',
    'client-key',
    'cluster',
    'context',
    'kubeconfig',
    'log-backtrace-at',
    'log-dir',
    'log-file',
    'namespace',
    'password',
    'profile',
    'profile-output',
    'request-timeout',
    'server',
    'stderrthreshold',
    'tls-server-name',
    'token',
    'user',
    'username',
    'v',
    'vmodule',
  ].map((name) => `--${name}`),
]);

/** The first word that is neither a flag nor a flag's value. */
function kubectlCommand(argv: readonly string[]): string | undefined {
  for (let index = 1; index < argv.length; index += 1) {
    const word = argv[index] ?? '';
    if (kubectlFlags.has(word)) index += 1;
    else if (!word.startsWith('-')) return word;
  }
  return undefined;
}

/** The component that a command line starts, of a manifest or unit, where only its words are known. */
export function componentOfCommand(words: readonly string[]): { component: Component; argsAt: number } | undefined {
  const found = recogniseProcess('', words);
  return found?.component === undefined ? undefined : { component: found.component, argsAt: found.argsAt };
}

/** The kernel adds ` (deleted)` to the path of a program whose file was replaced, as upgrades do. */
function programName(path: string): string {
  return (
    path
      .replace(/ \(deleted\)$/, '')
      .split('/')
      .at(-1) ?? ''
  );
}
