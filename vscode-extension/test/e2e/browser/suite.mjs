// The suite in the browser: what a person clicks, hovers over and sees, with a picture of each.

import { readdirSync, readFileSync } from "node:fs";
import { Window } from "../window.mjs";

export async function browserSuite(on) {
  await inTheShop(on);
}

async function inTheShop({ run, browser, server, root, shop, pictures }) {
  const window = await Window.open(browser, server.address(shop), pictures);
  try {
  await run.test("the status item appears", async () => {
    const label = await window.statusReads(/Noctule/);
    await window.picture("started");
    return label;
  });
  await run.test("a hover shows the note of a function", async () => {
    await window.openFile("shop/cart.py");
    await window.hover("total_price", /test_cart/);
    await window.picture("hover");
  });
  await run.test("change points", async () => {
    await window.showNoctule();
    await window.picture("view1");
    const row = await window.waitForRow("Likely Change Points", "%");
    await window.picture("view");
    return row.innerText();
  });
  } finally { await window.close(); }
}
