import type { NodeComponent } from '../../model/node-component.ts';
import { notApplicable, type Verdict } from '../../model/verdict.ts';
import { settingFailure } from '../setting-control.ts';

export interface AutoTls {
  readonly side: 'client' | 'peer';
  /** What is wrong where etcd makes the certificate. */
  readonly says: string;
}

/**
 * What `--auto-tls` or `--peer-auto-tls` comes to once it is on: beside a certificate and its key etcd ignores it, with
 * a warning (embed/config.go, ClientSelfCert and PeerSelfCert).
 */
export function selfMadeCertificate(subject: NodeComponent, { side, says }: AutoTls): Verdict | string {
  const { config } = subject;
  const given = (['cert-file', 'key-file'] as const).filter(
    (name) => (config.get(`${side}-transport-security.${name}`)?.value ?? '') !== '',
  );
  if (given.length === 0) return says;
  if (given.length === 1) return notApplicable(`etcd does not start with ${given[0]} alone`);
  const setting = config.get(`${side}-transport-security.auto-tls`);
  if (setting === undefined) return says;
  return settingFailure(subject, setting, {
    says: `etcd ignores it, "ignoring ${side} auto TLS since certs given"; without those files it would make up its own`,
    severity: 'low',
    changes: [{ kind: 'setting', component: 'etcd', name: setting.name, value: false }],
  });
}
