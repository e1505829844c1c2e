import { spawn } from 'node:child_process';
import { dirname, isAbsolute, join } from 'node:path';
import { BulwarkError } from '../../model/errors.ts';
import { isObject, type Json, type JsonObject } from '../../model/json.ts';
import { Reader } from '../../model/reader.ts';
import { plainText } from './plain-text.ts';

/** What a credential plugin answers (client.authentication.k8s.io ExecCredentialStatus). */
export interface ExecCredential {
  readonly token?: string;
  readonly certificate?: string;
  readonly key?: string;
}

export interface ExecPluginOptions {
  /** `exec` of the user entry. */
  readonly exec: Reader;
  readonly userName: string;
  readonly file: string;
  /** What the plugin is told of the cluster, where it asks for it with `provideClusterInfo`. */
  readonly cluster: JsonObject;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

const maxOutput = 1024 * 1024;
/** A person who has to sign in needs longer than a program. */
const signInTimeoutMs = 5 * 60_000;

/**
 * Runs the credential plugin of a kubeconfig user, as client-go does (KEP-541): client-node's own runner knows no
 * deadline, leaves the plugin's standard input open so that one that reads it hangs, and sets no
 * `KUBERNETES_EXEC_INFO`. Throws `BulwarkError` that names the command and the user entry.
 */
export async function runExecPlugin(options: ExecPluginOptions): Promise<ExecCredential> {
  const { exec, userName, file } = options;
  const command = exec.string('command') ?? '';
  const installHint = plainText(exec.string('installHint') ?? '');
  const byHand = 'run the command by hand to see why, or choose another user with --context';
  const fail = (what: string, hint = byHand, cause?: unknown): BulwarkError =>
    new BulwarkError(
      'credentials-failed',
      `${file}: user "${userName}": credential plugin "${plainText(command)}" ${what}`,
      installHint || hint,
      { cause },
    );
  if (command === '') throw fail('has no command');
  const interactive = exec.string('interactiveMode') !== 'Never' && process.stdin.isTTY === true;
  if (!interactive && exec.string('interactiveMode') === 'Always') throw fail('needs a terminal, and there is none');
  // client-go resolves a command with a slash against the kubeconfig; any other is looked up in PATH.
  const program = command.includes('/') && !isAbsolute(command) ? join(dirname(file), command) : command;
  const output = await run(program, { ...options, interactive }, fail);
  let answer: Json;
  try {
    answer = JSON.parse(output);
  } catch (error) {
    throw fail('did not print JSON', undefined, error);
  }
  const status = new Reader(isObject(answer) ? answer : {}, [], []).object('status');
  const token = status.string('token');
  const certificate = status.string('clientCertificateData');
  const key = status.string('clientKeyData');
  if (!token && !(certificate && key)) throw fail('printed neither a token nor a client certificate with its key');
  return { ...(token && { token }), ...(certificate && key && { certificate, key }) };
}

type Fail = (what: string, hint?: string, cause?: unknown) => BulwarkError;

function run(program: string, options: ExecPluginOptions & { interactive: boolean }, fail: Fail): Promise<string> {
  const { exec, interactive } = options;
  const timeoutMs = interactive ? Math.max(signInTimeoutMs, options.timeoutMs) : options.timeoutMs;
  return new Promise((resolve, reject) => {
    const child = spawn(program, exec.strings('args'), {
      env: environment(options),
      // Instructions for signing in go to the person; without one they end up in the error.
      stdio: [interactive ? 'inherit' : 'ignore', 'pipe', interactive ? 'inherit' : 'pipe'],
      signal: options.signal,
    });
    const deadline = setTimeout(() => {
      child.kill('SIGKILL');
      // A process that the plugin started may hold the pipes open, and this process with them.
      child.stdout?.destroy();
      child.stderr?.destroy();
      reject(fail(`did not end within ${Math.round(timeoutMs / 1000)} s`));
    }, timeoutMs);
    let output = '';
    let complaint = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.length > maxOutput) child.kill('SIGKILL');
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      if (complaint.length < 4096) complaint += text;
    });
    child.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(deadline);
      if (options.signal?.aborted) reject(options.signal.reason);
      else if (error.code !== 'ENOENT') reject(fail(`cannot be run: ${error.message}`, undefined, error));
      else reject(fail('is not installed', 'install it, or choose another user with --context', error));
    });
    child.on('close', (code, killedBy) => {
      clearTimeout(deadline);
      if (output.length > maxOutput) reject(fail('printed more than 1 MiB'));
      else if (code === 0) resolve(output);
      else {
        const why = plainText(complaint);
        reject(fail(`ended with ${killedBy ?? `code ${code}`}${why === '' ? '' : `: ${why}`}`));
      }
    });
  });
}

function environment(options: ExecPluginOptions & { interactive: boolean }): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...options.env };
  for (const variable of options.exec.objects('env')) {
    const name = variable.string('name');
    if (name) env[name] = variable.string('value') ?? '';
  }
  env['KUBERNETES_EXEC_INFO'] = JSON.stringify({
    kind: 'ExecCredential',
    apiVersion: options.exec.string('apiVersion') ?? 'client.authentication.k8s.io/v1',
    spec: {
      interactive: options.interactive,
      ...(options.exec.boolean('provideClusterInfo') && { cluster: options.cluster }),
    },
  });
  return env;
}
