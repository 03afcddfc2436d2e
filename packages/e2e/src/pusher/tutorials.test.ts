import { findPort } from '@chasqui/services';
import { type Instance, openInstance, until } from '@chasqui/testkit';
import { openTutorial, type Tutorial, type TutorialProgram } from './tutorialPrograms';

// Follows the tutorials: their programs and commands run as written, with other ports.

const open: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

/** The tutorial, and a server with its settings. */
async function follow(page: string): Promise<{ tutorial: Tutorial; instance: Instance }> {
  const tutorial = await openTutorial(page);
  open.push(tutorial);
  const instance = await openInstance({ worker: false, env: tutorial.settings });
  open.push(instance);
  tutorial.replacePort(5000, Number(new URL(instance.url()).port));
  return { tutorial, instance };
}

const prints = ({ lines, errors }: TutorialProgram, ...expected: string[]): Promise<boolean> =>
  until(`it prints ${expected.join(', ')}; errors: ${errors.join(' ')}`, () =>
    expected.every((line) => lines.includes(line)),
  );

test('an application that was moved here publishes to its pages', async () => {
  const { tutorial } = await follow('move-a-pusher-app.md');
  tutorial.replacePort(8080, await findPort('127.0.0.1'));
  await prints(await tutorial.start('server.mjs'), 'the shop is open');
  const page = await tutorial.start('page.mjs');
  await prints(page, 'here: 1');
  await tutorial.run('sell');
  await prints(page, 'news: bread was sold', 'shop: bread was sold');
  expect(page.lines).toHaveLength(3);
});

test('[D4] a program with Laravel Echo receives what was sent while its server restarted', async () => {
  const { tutorial, instance } = await follow('laravel-echo.md');
  await tutorial.run('/api/auth/register');
  const ben = await tutorial.start('ben.mjs');
  await prints(ben, 'here: ben');
  await prints(await tutorial.start('ana.mjs', 'hello'), 'stored with seq 1');
  await prints(ben, '1: hello');
  // "Stop the server": here by force.
  const [node] = instance.nodes;
  await node?.program.kill();
  await node?.restart();
  for (const [i, text] of ['one', 'two', 'three'].entries())
    await prints(await tutorial.start('ana.mjs', text), `stored with seq ${i + 2}`);
  await prints(ben, '4: three');
  expect(ben.lines.filter((line) => /^\d/.test(line))).toEqual([
    '1: hello',
    '2: one',
    '3: two',
    '4: three',
  ]);
});
