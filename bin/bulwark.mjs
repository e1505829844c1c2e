#!/usr/bin/env node
try {
  await import('../dist/cli.js');
} catch (error) {
  if (error?.code !== 'ERR_MODULE_NOT_FOUND') throw error;
  console.error('bulwark is not built yet: run "npm run setup" in its folder');
  process.exitCode = 2;
}
