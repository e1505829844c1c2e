import type { Json } from '../model/json.ts';
import type { NodeComponent } from '../model/node-component.ts';
import type { Verdict } from '../model/verdict.ts';
import { isLoopback } from '../semantics/node/listen-address.ts';
import { settingFailure } from './setting-control.ts';

/**
 * What is wrong with the port that the controller manager and the scheduler served without TLS and authentication until
 * v1.22 (`--port`, `--address`).
 */
export function insecurePort(value: Json, subject: NodeComponent): string | Verdict | undefined {
  if (value === 0) return undefined;
  const says = 'metrics, configuration and profiles are served without TLS and authentication';
  const address = subject.config.get('address')?.value;
  const setting = subject.config.get('port');
  if (setting === undefined || typeof address !== 'string' || !isLoopback(address)) return says;
  return settingFailure(subject, setting, {
    says: `${says} to every process of the node`,
    severity: 'low',
    changes: [{ kind: 'setting', component: subject.component, name: 'port', value: 0 }],
  });
}
