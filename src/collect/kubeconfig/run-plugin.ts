import { BulwarkError } from '../../model/errors.ts';
import type { KubeconfigUser } from '../../model/kubeconfig.ts';
import { parseCertificate } from '../../semantics/certificates/parse.ts';
import { type Identity, identityOf } from '../../semantics/kubeconfig/identity.ts';
import { tokenClaims } from '../../semantics/kubeconfig/token.ts';
import { runExecPlugin } from '../cluster/exec-plugin.ts';
import { type KubeconfigOptions, readKubeconfig } from '../cluster/kubeconfig.ts';

/**
 * Runs the credential plugin of a context's user, and says whose credential it hands out. The credential itself is
 * dropped here. A plugin that fails is a note, not an error.
 */
export async function runPlugin(options: KubeconfigOptions & { readonly timeoutMs: number }): Promise<Identity> {
  try {
    const user = readKubeconfig(options)?.user;
    if (user === undefined) return { type: 'exec-plugin', groups: [], notes: ['the user is not there any more'] };
    const credential = await runExecPlugin({
      exec: user.reader.object('exec'),
      userName: user.name,
      file: user.file,
      cluster: {},
      env: options.env,
      timeoutMs: options.timeoutMs,
    });
    const parsed = credential.certificate === undefined ? undefined : parseCertificate(credential.certificate);
    const certificate = parsed !== undefined && 'certificate' in parsed ? parsed.certificate : undefined;
    const claims = credential.token === undefined ? undefined : tokenClaims(credential.token);
    return identityOf(
      { ...nobody, name: user.name, token: claims !== undefined, ...(claims && { claims }) },
      certificate,
    );
  } catch (error) {
    if (!(error instanceof BulwarkError)) throw error;
    return { type: 'exec-plugin', groups: [], notes: [error.message] };
  }
}

const nobody: KubeconfigUser = {
  name: '',
  at: [],
  token: false,
  tokenFile: '',
  username: '',
  password: false,
  as: '',
  asUid: '',
  asGroups: [],
  asExtra: [],
};
