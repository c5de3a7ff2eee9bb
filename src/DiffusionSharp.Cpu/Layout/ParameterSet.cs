using DiffusionSharp.Cpu.Execution;

namespace DiffusionSharp.Cpu.Layout;

/// <summary>The memory that a program reads its parameters from; exchanged for another, the same program computes with the averages.</summary>
internal sealed class ParameterSet
{
    /// <summary>The memory read now.</summary>
    public AlignedMemory? Current { get; set; }
}
