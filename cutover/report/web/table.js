// Tables that live as long as the page: rows are kept by key, cells are written when they differ.
import {create, setAttribute, setText, show} from "/dom.js";

export class Table {
  /** columns: [{name, title, number, cell(item), compare(a, b)}]; choose(item): rows have a button. */
  constructor(table, columns, {choose = null, empty = "none", sorted = () => {}} = {}) {
    this.table = table;
    this.columns = columns;
    this.choose = choose;
    this.rows = new Map();
    this.sort = null; // {column, down}
    this.sorted = sorted;
    this.body = create("tbody");
    this.empty = create("p", {className: "empty", textContent: empty, hidden: true});
    table.append(this.#head(), this.body);
    table.after(this.empty);
  }

  #head() {
    const row = create("tr");
    this.heads = this.columns.map((column) => {
      const head = create("th", {scope: "col", title: column.title ?? ""});
      if (column.number) head.className = "number";
      if (column.compare) {
        const button = create("button", {type: "button", textContent: column.name});
        button.addEventListener("click", () => this.#sortBy(column));
        head.append(button);
      } else {
        head.textContent = column.name;
      }
      row.append(head);
      return head;
    });
    return create("thead", {}, row);
  }

  /** Once as the column is made for, once the other way, then as it was. */
  #sortBy(column) {
    if (this.sort?.column !== column) this.sort = {column, turned: false};
    else this.sort = this.sort.turned ? null : {column, turned: true};
    this.columns.forEach((each, i) => {
      const is = this.sort?.column === each;
      setAttribute(this.heads[i], "aria-sort",
        is ? (this.sort.turned !== Boolean(each.down) ? "descending" : "ascending") : null);
    });
    this.sorted();
  }

  order(items, usual) {
    if (!this.sort) return items.sort(usual);
    const {column, turned} = this.sort;
    return items.sort((a, b) => (turned ? column.compare(b, a) : column.compare(a, b)) ||
      usual(a, b));
  }

  #make(item) {
    const row = create("tr");
    const cells = this.columns.map((column, i) => {
      const cell = create(i === 0 ? "th" : "td");
      if (i === 0) cell.scope = "row";
      const inside = create(i === 0 && this.choose ? "button" : "span");
      if (inside.type !== undefined) inside.type = "button";
      if (column.number) cell.className = "number";
      cell.append(inside);
      row.append(cell);
      return inside;
    });
    const made = {row, cells, item};
    if (this.choose) row.addEventListener("click", () => this.choose(made.item));
    return made;
  }

  /** items: [{key, …}] in the order in which they are to be shown. */
  update(items, isChosen = () => false) {
    const seen = new Set();
    let at = this.body.firstChild;
    for (const item of items) {
      let made = this.rows.get(item.key);
      if (!made) this.rows.set(item.key, made = this.#make(item));
      made.item = item;
      seen.add(item.key);
      this.columns.forEach((column, i) => show(made.cells[i], column.cell(item)));
      setAttribute(made.row, "aria-current", isChosen(item) ? "true" : null);
      if (made.row === at) at = at.nextSibling;
      else this.body.insertBefore(made.row, at);
    }
    for (const [key, made] of this.rows) {
      if (seen.has(key)) continue;
      made.row.remove();
      this.rows.delete(key);
    }
    this.table.hidden = items.length === 0;
    this.empty.hidden = items.length > 0;
  }

  sayEmpty(text) {
    setText(this.empty, text);
  }
}
