import type { NodeComponent } from '../../model/node-component.ts';
import type { Failure, Verdict } from '../../model/verdict.ts';
import { settingFailure } from '../setting-control.ts';

export interface AutoTls {
  readonly side: 'client' | 'peer';
  /** What is wrong where etcd makes the certificate. */
  readonly says: string;
}

/**
 * What `--auto-tls` or `--peer-auto-tls` comes to once it is on: beside a certificate or a key etcd ignores it, with a
 * warning (embed/config.go, ClientSelfCert and PeerSelfCert).
 */
export function selfMadeCertificate(subject: NodeComponent, { side, says }: AutoTls): Verdict | string {
  const setting = subject.config.get(`${side}-transport-security.auto-tls`);
  if (setting === undefined || makesItsOwn(subject, side)) return says;
  return settingFailure(subject, setting, {
    says: `etcd ignores it, "ignoring ${side} auto TLS since certs given"; without those files it would make up its own`,
    severity: 'low',
    changes: [{ kind: 'setting', component: 'etcd', name: setting.name, value: false }],
  });
}

/** That a certificate is not given is no finding of its own where etcd makes one instead. */
export function toldWithAutoTls(subject: NodeComponent, side: AutoTls['side']): Pick<Failure, 'sameAs'> {
  return makesItsOwn(subject, side) ? { sameAs: `etcd/${side}-auto-tls` } : {};
}

function makesItsOwn({ config }: NodeComponent, side: AutoTls['side']): boolean {
  const valueOf = (name: string) => config.get(`${side}-transport-security.${name}`)?.value ?? '';
  return valueOf('auto-tls') === true && valueOf('cert-file') === '' && valueOf('key-file') === '';
}
