// `npm run new -- control pods/host-port "No host ports"`: a control with its example and its test.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { registryFile, registryText } from './generate-registry.mjs';
import { root } from './setup.mjs';

const [what, id, title] = process.argv.slice(2);
if (what !== 'control' || !/^[a-z][a-z0-9-]*\/[a-z][a-z0-9-]*$/.test(id ?? '') || !title) {
  console.error('usage: npm run new -- control COMPONENT/NAME "The good state, as a sentence"');
  console.error('       npm run new -- control pods/host-port "Pods open no ports of their node"');
  process.exit(2);
}

const name = id.split('/')[1];
const control = join(root, 'src/controls', `${id}.ts`);
const test = join(root, 'src/controls', `${id}.test.ts`);
if (existsSync(control)) {
  console.error(`${control.slice(root.length + 1)} exists already`);
  process.exit(2);
}
mkdirSync(dirname(control), { recursive: true });

writeFileSync(
  control,
  `import { fail, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { inContainer } from '../examples.ts';

export default control({
  id: '${id}',
  title: ${quoted(title)},
  severity: 'medium',
  subject: 'container',
  why: 'What an attacker or an accident can do where this fails, in a sentence.',
  check: ({ container }) => {
    // As it stands this looks for an environment variable called INSECURE. Replace it, and the examples with it.
    const variable = container.env.find(({ name }) => name === 'INSECURE');
    if (variable === undefined) return pass;
    return fail(\`container \${container.name} sets INSECURE\`, variable.path);
  },
  examples: {
    fail: [inContainer('env: [{ name: INSECURE, value: yes }]')],
    pass: [inContainer('env: [{ name: SECURE, value: "yes" }]')],
  },
});
`,
);

// The examples are tested for every control; this file is for what they cannot show.
writeFileSync(
  test,
  `import { describe, expect, it } from 'vitest';
import { judgeExample } from '../../../test/judge-example.ts';
import { inContainer } from '../examples.ts';
import control from './${name}.ts';

describe('${id}', () => {
  it('names the container and the place', () => {
    const [finding] = judgeExample(control, inContainer('env: [{ name: INSECURE, value: x }]'));
    expect(finding).toMatchObject({ message: 'container app sets INSECURE', place: 'spec.containers[0].env[0]' });
  });
});
`,
);
writeFileSync(registryFile, registryText());
console.log(`src/controls/${id}.ts        the control: its check, fix and examples`);
console.log(`src/controls/${id}.test.ts   its test`);
console.log(
  'Next: map it in data/benchmarks/, `npm run generate` for its page, then `npm test -- src/controls test/meta`.',
);

function quoted(text) {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
