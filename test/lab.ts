import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** A real Kubernetes control plane (v1.20) on loopback. */
export interface Lab {
  /** Of the cluster administrator. */
  readonly kubeconfig: string;
  readonly server: string;
  /** A folder that `stop` removes. */
  readonly folder: string;
  /** The folder of the binaries. */
  readonly assets: string;
  /** Standard output of kubectl as administrator; rejects with what it complains of. */
  kubectl(args: readonly string[], stdin?: string): Promise<string>;
  /** A kubeconfig for a bearer token, or for none. */
  kubeconfigFor(name: string, token?: string): Promise<string>;
  stop(): Promise<void>;
}

const script = resolve(import.meta.dirname, '../../shared/kube/lab');

/** Why there is no lab here; undefined where there is one. */
const labMissing: string | undefined = findMissing();
export const labAvailable: boolean = labMissing === undefined;

function findMissing(): string | undefined {
  if (!existsSync(script)) return 'there is no ../shared/kube/lab';
  if (process.getuid?.() !== 0) return 'the lab needs root';
  if (spawnSync('curl', ['--version']).error !== undefined) return 'the lab needs curl';
  return undefined;
}

/** Says aloud that a suite is skipped, and why. */
export function warnIfNoLab(suite: string): void {
  if (labMissing !== undefined) console.warn(`${suite} is skipped: ${labMissing}`);
}

export interface LabOptions {
  /** Of the API server; the four after it are taken too. */
  readonly port: number;
  /** More flags of the API server. */
  readonly serverFlags?: readonly string[];
}

/** Starts a control plane. Rejects after two minutes. */
export async function startLab({ port, serverFlags = [] }: LabOptions): Promise<Lab> {
  const folder = mkdtempSync(join(tmpdir(), 'bulwark-lab-'));
  const env = { ...process.env, LAB_PORT: String(port) };
  const stop = async (): Promise<void> => {
    await run(script, ['down', folder], { env, timeout: 90_000 });
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const assets = (await run(script, ['assets'], { env, timeout: 120_000 })).trim();
    await run(script, ['up', folder, '--', ...serverFlags], { env, timeout: 120_000 });
    const kubeconfig = join(folder, 'root/etc/kubernetes/admin.conf');
    const kubectl = (args: readonly string[], stdin = ''): Promise<string> =>
      run(join(assets, 'kubectl'), ['--kubeconfig', kubeconfig, ...args], { env, timeout: 60_000, stdin });
    const cluster = JSON.parse(await kubectl(['config', 'view', '--raw', '--output', 'json'])).clusters[0].cluster;
    const kubeconfigFor = async (name: string, token?: string): Promise<string> => {
      const file = join(folder, `${name}.json`);
      const config = {
        'current-context': name,
        contexts: [{ name, context: { cluster: 'lab', user: name } }],
        clusters: [{ name: 'lab', cluster }],
        users: [{ name, user: token === undefined ? {} : { token } }],
      };
      writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
      return file;
    };
    return { kubeconfig, server: cluster.server, folder, assets, kubectl, kubeconfigFor, stop };
  } catch (error) {
    await stop().catch(() => undefined);
    throw error;
  }
}

interface RunOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly timeout: number;
  readonly stdin?: string;
}

function run(program: string, args: readonly string[], options: RunOptions): Promise<string> {
  return new Promise((resolvePromise, reject) => {
    const { env, timeout, stdin } = options;
    const child = execFile(program, args, { env, timeout, maxBuffer: 256 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error === null) resolvePromise(stdout);
      else reject(new Error(`${program} ${args.join(' ')}: ${stderr.trim() || error.message}`, { cause: error }));
    });
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(stdin ?? '');
  });
}
