namespace DiffusionSharp.Cpu.Execution;

/// <summary>What decides which values dropout keeps.</summary>
/// <param name="Seed">The run's seed.</param>
/// <param name="Step">The update.</param>
/// <param name="FirstImage">Place in the batch of the call's first image.</param>
internal readonly record struct UpdateInputs(ulong Seed, long Step, int FirstImage);
