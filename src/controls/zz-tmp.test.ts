import { it } from 'vitest';
import { judgeText } from '../../test/judge-example.ts';
import { controls } from './registry.ts';
import { file } from './node-examples.ts';
import { apiServer, apiServerOf } from './kube-apiserver/server-control.ts';
it('x', () => {
  for (const flag of ['authorization-config','authentication-config','admission-control-config-file','encryption-provider-config','audit-policy-file']) {
    for (const [name, more] of [['missing',''],['no yaml',file('/etc/kubernetes/x.yaml','a: [')],['list',file('/etc/kubernetes/x.yaml','[]')],['other', file('/etc/kubernetes/x.yaml','kind: Foo\napiVersion: v1\n')], ['dup', file('/etc/kubernetes/x.yaml','kind: Foo\nkind: Foo\n')]] as const) {
      const base = new Set(judgeText(controls, apiServer()).findings.map(f=>f.control.id+f.message));
      const plugins = flag.startsWith('admission') ? ['--enable-admission-plugins=EventRateLimit'] : [];
      const j = judgeText(controls, apiServer(`--${flag}=/etc/kubernetes/x.yaml`, ...plugins) + more);
      console.log('==', flag, name);
      for (const f of j.findings) if (!base.has(f.control.id+f.message)) console.log('   ', f.severity, f.control.id, f.message);
    }
  }
});
