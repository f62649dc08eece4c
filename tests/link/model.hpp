// SPDX-License-Identifier: MIT
//
// What the two copies of model.cpp offer each other.
#pragma once

#include <lacuna/format/csr.hpp>
#include <lacuna/io/safetensors.hpp>
#include <lacuna/io/safetensors_writer.hpp>
#include <lacuna/pack.hpp>

lacuna::csr<float> model_main(lacuna::csr<float> const& a, lacuna::safetensors_writer& out);
lacuna::csr<float> model_other(lacuna::csr<float> const& a, lacuna::safetensors_writer& out);
float model_main(lacuna::safetensors const& model);
float model_other(lacuna::safetensors const& model);
