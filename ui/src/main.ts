import "./styles/base.css";
import { mount } from "svelte";
import App from "./App.svelte";
import { app } from "./lib/state.svelte.ts";

const target = document.getElementById("page");
if (target) mount(App, { target });
void app.start();
