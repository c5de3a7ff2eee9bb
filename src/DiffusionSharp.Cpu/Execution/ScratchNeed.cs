namespace DiffusionSharp.Cpu.Execution;

/// <summary>Scratch a step needs, in float32 values.</summary>
/// <param name="Shared">Seen by all threads.</param>
/// <param name="Own">For each thread.</param>
internal readonly record struct ScratchNeed(long Shared, long Own)
{
    public static ScratchNeed Max(ScratchNeed a, ScratchNeed b) => new(Math.Max(a.Shared, b.Shared), Math.Max(a.Own, b.Own));
}
