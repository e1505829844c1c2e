import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

export interface RenderOptions {
  /** `auto` renders charts and kustomizations with what is on PATH; `never` counts them as unrendered. */
  readonly mode?: 'auto' | 'never';
  /** Where the commands are looked for, as PATH has it. */
  readonly path?: string;
  /** For one chart or kustomization. */
  readonly timeoutMs?: number;
  readonly maxOutputBytes?: number;
  readonly signal?: AbortSignal | undefined;
}

export type Rendering = { readonly output: string } | { readonly problem: string };

/** The commands that turn charts and kustomizations into manifests, as far as they are installed. */
export interface Renderer {
  readonly hasHelm: boolean;
  readonly hasKustomize: boolean;
  /** `helm template` with the chart's own values. */
  helm(chart: string, release: string): Promise<Rendering>;
  /** `kustomize build`, or `kubectl kustomize` where only kubectl is there. */
  kustomize(folder: string): Promise<Rendering>;
}

const notInstalled: Rendering = { problem: 'there is no command for it' };

/** Looks for the commands once. None of them is run with an option that would let it use the network. */
export async function findRenderer(options: RenderOptions): Promise<Renderer> {
  const path = options.mode === 'never' ? '' : (options.path ?? process.env.PATH ?? '');
  const [helm, kustomize, kubectl] = await Promise.all([
    findCommand('helm', path),
    findCommand('kustomize', path),
    findCommand('kubectl', path),
  ]);
  const build = kustomize ?? kubectl;
  const verb = kustomize === undefined ? 'kustomize' : 'build';
  return {
    hasHelm: helm !== undefined,
    hasKustomize: build !== undefined,
    helm: async (chart, release) =>
      helm === undefined ? notInstalled : run(helm, ['template', release, chart], options),
    kustomize: async (folder) => (build === undefined ? notInstalled : run(build, [verb, folder], options)),
  };
}

async function findCommand(name: string, path: string): Promise<string | undefined> {
  const names = process.platform === 'win32' ? [`${name}.exe`] : [name];
  for (const folder of path.split(delimiter)) {
    for (const file of names) {
      const command = join(folder, file);
      if (folder !== '' && (await isExecutable(command))) return command;
    }
  }
  return undefined;
}

async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

function run(command: string, args: readonly string[], options: RenderOptions): Promise<Rendering> {
  const { timeoutMs = 60_000, maxOutputBytes = 64 * 1024 * 1024, signal } = options;
  return new Promise((done) => {
    execFile(
      command,
      args,
      { timeout: timeoutMs, maxBuffer: maxOutputBytes, killSignal: 'SIGKILL', windowsHide: true, signal },
      (error, stdout, stderr) => {
        if (error === null) done({ output: stdout });
        else if (error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') done({ problem: 'its output is too large' });
        else if (error.killed) done({ problem: `no answer within ${timeoutMs / 1000} s` });
        else done({ problem: withoutLogPrefix(lastLine(stderr)) ?? error.message });
      },
    ).stdin?.end();
  });
}

function lastLine(text: string): string | undefined {
  const line = text.trimEnd().split('\n').at(-1)?.trim();
  return line === undefined || line === '' ? undefined : line.slice(0, 500);
}

/** Without the time, process id and source line that kubectl's logger puts first: the same failure reads the same. */
function withoutLogPrefix(line: string | undefined): string | undefined {
  return line?.replace(/^[EWIF]\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ \S+:\d+\] /, '');
}
