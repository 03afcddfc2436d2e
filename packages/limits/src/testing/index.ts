export { createByteBudget } from '../local/byteBudget';
