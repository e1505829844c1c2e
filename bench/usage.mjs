// Preloaded into a measured process: what it used, written to descriptor 3 as it ends.
import { writeSync } from 'node:fs';

process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  const usage = { cpuMs: (user + system) / 1000, peakMb: process.resourceUsage().maxRSS / 1024 };
  writeSync(3, JSON.stringify(usage));
});
