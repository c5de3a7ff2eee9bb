namespace DiffusionSharp.Training.Options;

/// <summary>What a run's config.json calls the engines that train.</summary>
public static class EngineNames
{
    /// <summary>The managed engine: any micro-batch and any number of threads give the same bits.</summary>
    public const string Managed = "cpu";

    /// <summary>The engine on libtorch.</summary>
    public const string Libtorch = "torch";
}
