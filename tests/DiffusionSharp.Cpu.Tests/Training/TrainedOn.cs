using DiffusionSharp.Cpu.Training;
using DiffusionSharp.Training;

namespace DiffusionSharp.Cpu.Tests.Training;

/// <summary>
/// The engine of the trainer's tests: the managed one. What libtorch promises as well is tested by the same files with another class of this name
/// (tests/DiffusionSharp.Torch.Tests/Training).
/// </summary>
internal static class TrainedOn
{
    public static TrainingEngine Engine => CpuTraining.Engine;

    public static Networks.Engine Inference => CpuEngine.Default;

    /// <summary>Skips the rest of a test, with the reason, where the engine cannot be used.</summary>
    public static void Require()
    {
    }
}
