// `npm run bench [-- NAME...]`: each benchmark beside its peer or its stated limit. Ratios travel; milliseconds do not.
const benchmarks = [
  'startup',
  'manifests',
  'objects',
  'cluster',
  'control',
  'curve',
  'rbac',
  'network',
  'nodes',
  'watch',
  'audit-log',
  'detect',
  'cel',
  'webhook',
];
const asked = process.argv.slice(2);
const wrong = asked.filter((name) => !benchmarks.includes(name));
if (wrong.length > 0) {
  console.error(`no benchmark ${wrong.join(', ')}; there are: ${benchmarks.join(', ')}`);
  process.exit(2);
}
for (const name of asked.length > 0 ? asked : benchmarks) {
  console.log(name);
  const { default: benchmark } = await import(`./${name}.mjs`);
  await benchmark();
}
