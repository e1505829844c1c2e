import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { root, runCli } from './run-cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'bulwark-network-e2e-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('bulwark network', () => {
  it('writes policies that, applied, change what it said they would', async () => {
    const examples = join(root, 'examples');
    const written = await runCli(['network', 'generate', examples]);
    expect(written.code).toBe(0);
    const told = JSON.parse((await runCli(['network', 'generate', '-o', 'json', examples])).stdout);
    expect(told.proof.failing).toEqual([]);
    const applied = join(folder, 'applied');
    cpSync(examples, applied, { recursive: true });
    writeFileSync(join(applied, 'policies.yaml'), written.stdout);
    const diff = await runCli(['network', 'diff', '-o', 'json', examples, applied]);
    expect(diff.code).toBe(1);
    expect(JSON.parse(diff.stdout).changes).toEqual(told.changes);
    const again = await runCli(['network', 'generate', applied]);
    expect(again.stdout).toContain('name: default-deny');
    expect((await runCli(['network', 'generate', '-o', 'json', applied])).stdout).not.toContain('is there already');
  }, 60_000);
});
