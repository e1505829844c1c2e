import type { Kubeconfig, KubeconfigProblem } from '../../model/kubeconfig.ts';

/**
 * What clientcmd's validation (tools/clientcmd/validation.go) and client-go's TLS set-up refuse of entries that decode:
 * no request leaves with them.
 */
export function refusals({ clusters, users }: Pick<Kubeconfig, 'clusters' | 'users'>): readonly KubeconfigProblem[] {
  const problems: KubeconfigProblem[] = [];
  const refuse = (message: string, at: KubeconfigProblem['at']): void => {
    problems.push({ kind: 'refused', message, at });
  };
  for (const { name, at, server, authority, insecureSkipTlsVerify } of clusters) {
    const cluster = `cluster ${JSON.stringify(name)}`;
    if (server === '') refuse(`${cluster} has no server`, at);
    if (authority?.path !== undefined && authority.data !== undefined)
      refuse(`${cluster} has both certificate-authority and certificate-authority-data`, authority.at);
    if (authority !== undefined && insecureSkipTlsVerify)
      refuse(`${cluster} has a certificate authority and skips verification`, [...at, 'insecure-skip-tls-verify']);
    if (authority?.data === '') refuse(`${cluster}: certificate-authority-data is not base64`, authority.at);
  }
  for (const user of users) {
    const { at, certificate, key, exec } = user;
    const named = `user ${JSON.stringify(user.name)}`;
    if (certificate?.path !== undefined && certificate.data !== undefined)
      refuse(`${named} has both client-certificate and client-certificate-data`, certificate.at);
    if (certificate?.data === '') refuse(`${named}: client-certificate-data is not base64`, certificate.at);
    if (certificate !== undefined && key === undefined) refuse(`${named} has a client certificate without a key`, at);
    if (exec !== undefined && user.authProvider !== undefined) refuse(`${named} has both exec and auth-provider`, at);
    if (exec?.command === '') refuse(`${named}: exec has no command`, [...at, 'exec']);
    if (exec?.apiVersion === '') refuse(`${named}: exec has no apiVersion`, [...at, 'exec']);
    const hasBasic = user.username !== '' || user.password;
    if (user.token && hasBasic) refuse(`${named} has both a token and a password`, at);
    if (user.as === '' && (user.asUid !== '' || user.asGroups.length > 0 || user.asExtra.length > 0))
      refuse(`${named} impersonates groups without a user`, at);
  }
  return problems;
}
