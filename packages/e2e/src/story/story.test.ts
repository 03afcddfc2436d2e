import { openScene, type Scene } from '../faults/scene';
import { newFigures } from './figures';
import { tellStory } from './tellStory';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene.close());

const given = process.env.TEST_SEED;
const fresh = given === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given);

test(`[L, D, O, U, S] a story of people and mishaps ends well (TEST_SEED=${fresh})`, async () => {
  const figures = newFigures();
  const wrong = await tellStory({
    scene,
    seed: fresh,
    seconds: 6,
    longestMishapMs: 4_000,
    figures,
  });
  expect({ seed: fresh, wrong }).toEqual({ seed: fresh, wrong: [] });
  expect(figures.messages).toBeGreaterThan(40);
}, 300_000);
