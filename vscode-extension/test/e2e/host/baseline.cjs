// Tells the heap of an extension host without the extension.

const { heapBytes } = require("./heap.cjs");

exports.run = async () => {
  await new Promise((resolve) => setTimeout(resolve, 2000));
  console.log("noctule-heap", await heapBytes());
};
