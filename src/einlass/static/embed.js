// SPDX-License-Identifier: Apache-2.0
// For other people's pages: <einlass-booking src="https://book.example.org" service="seminar"></einlass-booking>
(() => {
  const us = document.currentScript?.src;
  const TITLES = { de: "Buchung", fr: "Réservation", it: "Prenotazione" };

  class EinlassBooking extends HTMLElement {
    connectedCallback() {
      const named = (name) => encodeURIComponent(this.getAttribute(name) || "");
      const [service, branch, day] = ["service", "branch", "day"].map(named);
      const language = (this.closest("[lang]")?.lang || navigator.language).slice(0, 2).toLowerCase();
      const page = service ? `book/${service}/` : branch && `branches/${branch}/`;
      this.from = new URL(this.getAttribute("src") || us, document.baseURI).origin;
      this.pages = 0;
      this.frame = document.createElement("iframe");
      this.frame.title = this.getAttribute("label") || TITLES[language] || "Booking";
      this.frame.loading = "lazy";
      this.frame.src = `${this.from}/embed/${language}/${page}${day && `?day=${day}`}`;
      this.frame.style.cssText = "display:block;width:100%;height:40rem;border:0";
      this.style.display = "block";
      this.replaceChildren(this.frame);
      addEventListener("message", this);
    }

    disconnectedCallback() {
      removeEventListener("message", this);
    }

    handleEvent({ source, origin, data }) {
      if (source !== this.frame.contentWindow || origin !== this.from) return;
      const { einlass, height, detail } = data;
      if (einlass === "height") this.frame.style.height = `${height}px`;
      if (einlass === "page" && this.pages++ && this.getBoundingClientRect().top < 0) this.scrollIntoView();
      if (einlass === "booked" && this.booked !== detail.reference) {
        this.booked = detail.reference;
        this.dispatchEvent(new CustomEvent("einlass:booked", { detail, bubbles: true, composed: true }));
      }
    }
  }
  customElements.get("einlass-booking") || customElements.define("einlass-booking", EinlassBooking);
})();
