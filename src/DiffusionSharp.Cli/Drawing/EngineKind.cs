namespace DiffusionSharp.Cli.Drawing;

/// <summary>What runs a network.</summary>
internal enum EngineKind
{
    /// <summary>The managed engine, on the processor.</summary>
    Cpu,

    /// <summary>libtorch, on the processor or a GPU.</summary>
    Torch,
}
