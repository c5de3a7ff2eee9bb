using DiffusionSharp.Networks;

namespace DiffusionSharp.Cpu.Compile;

/// <summary>An attention that is not written yet.</summary>
/// <param name="Qkv">What it reads.</param>
/// <param name="Operation">Its heads and memory.</param>
/// <param name="Residual">The buffer of an image that is added.</param>
internal sealed record PendingAttention(View[] Qkv, Operation.Attention Operation, int? Residual = null);
