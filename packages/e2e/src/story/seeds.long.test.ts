import { openScene, type Scene } from '../faults/scene';
import { newFigures } from './figures';
import { seeds } from './seeds';
import { tellStory } from './tellStory';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene.close());

test.each(seeds)(
  '[L, D, O, U, S] seed %i: %s',
  async (seed) => {
    const figures = newFigures();
    expect(await tellStory({ scene, seed, seconds: 10, figures })).toEqual([]);
  },
  300_000,
);
