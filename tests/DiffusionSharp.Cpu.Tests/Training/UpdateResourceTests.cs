using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Tests.Kit;
using DiffusionSharp.Cpu.Training;
using TestKit.Networks;

namespace DiffusionSharp.Cpu.Tests.Training;

/// <summary>What an update takes besides its memory: nothing.</summary>
[Collection(nameof(Alone))]
public class UpdateResourceTests
{
    public static TheoryData<string> Names => GradientTests.Small;

    [Theory]
    [MemberData(nameof(Names))]
    public void Updates_allocate_nothing(string name)
    {
        Assert.SkipWhen(AlignedMemory.IsChecked, "a checked build asks every step what it needs, which allocates");
        var training = RandomTraining.Create(SmallUNets.All[name].Build(), seed: 5);
        var options = training.Options with { Threads = 2, MicroBatch = 2 };
        using var cpu = (CpuTrainingNetwork)CpuTraining.Engine.Create(training.Network.Graph, options, p => training.Network.Weights[p.Name]);
        for (var step = 0; step < 3; step++)
        {
            cpu.Update(training.Batch, step, 1e-4);
        }

        // The runtime's own threads allocate now and then, but not in each of some updates.
        var (bytes, least) = (cpu.Bytes, long.MaxValue);
        for (var step = 3; step < 10; step++)
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            cpu.Update(training.Batch, step, 1e-4);
            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
        }

        Assert.Equal(0, least);
        Assert.Equal(bytes, cpu.Bytes);
    }
}
