using DiffusionSharp.Torch.Engine;
using DiffusionSharp.Torch.Training;
using DiffusionSharp.Training;

namespace DiffusionSharp.Cpu.Tests.Training;

/// <summary>The engine of those tests of the trainer that are linked from the managed engine's: libtorch.</summary>
internal static class TrainedOn
{
    public static TrainingEngine Engine => TorchTrainingEngine.Engine;

    public static Networks.Engine Inference => TorchEngine.Cpu;

    /// <summary>Skips the rest of a test, with the reason, where the engine cannot be used.</summary>
    public static void Require() => Libtorch.Require();
}
