import { decodeManifest } from '../collect/manifests/decode.ts';
import { assembleSnapshot } from '../collect/snapshot.ts';
import type { AnyControl } from '../controls/control.ts';
import { exampleProblems, wordProblems } from '../engine/control-trial.ts';
import { exitCodes } from '../engine/exit-code.ts';
import { judge } from '../engine/judge.ts';
import { fixProblems } from '../fix/fix-trial.ts';
import { counted } from '../report/names.ts';
import { visible } from '../report/visible.ts';
import { ownControls } from './rules.ts';
import type { Terminal } from './terminal.ts';

/** Tries controls of the user's on their examples. Returns the exit code: 1 where one does not do what it should. */
export async function runControlsTest(files: readonly string[], terminal: Terminal): Promise<number> {
  const controls = await ownControls(files, terminal.cwd);
  let failed = 0;
  for (const control of controls) {
    const tried = trial(control, terminal);
    const problems = [...wordProblems(control), ...tried, ...(tried.length === 0 ? fixTrial(control, terminal) : [])];
    const { fail, pass } = control.examples;
    const count = counted(fail.length + pass.length, 'example');
    await terminal.out(`${problems.length === 0 ? 'ok    ' : 'FAILED'}  ${control.id} (${count})\n`);
    for (const problem of problems) await terminal.out(`        ${visible(problem)}\n`);
    if (problems.length > 0) failed += 1;
  }
  await terminal.out(
    `${counted(controls.length, 'control')}, ${failed === 0 ? 'all in order' : `${failed} not in order`}\n`,
  );
  return failed === 0 ? exitCodes.clean : exitCodes.findings;
}

function trial(control: AnyControl, terminal: Terminal): readonly string[] {
  const takenAt = terminal.now().toISOString();
  return (['fail', 'pass'] as const).flatMap((expected) =>
    control.examples[expected].flatMap((text, index) => {
      const decoded = decodeManifest(text, `examples.${expected}[${index}]`);
      const judgement = judge(assembleSnapshot([decoded], takenAt), {
        controls: [control],
        profiles: ['security', 'reliability'],
      });
      const unread = decoded.inputs.map(({ reason, line }) => `line ${line ?? 1} cannot be judged: ${reason}`);
      const problems = [...unread, ...exampleProblems(judgement, { expected })];
      return problems.map((problem) => `example ${expected}[${index}]: ${problem}`);
    }),
  );
}

function fixTrial(control: AnyControl, terminal: Terminal): readonly string[] {
  return fixProblems(control, { takenAt: terminal.now().toISOString() });
}
