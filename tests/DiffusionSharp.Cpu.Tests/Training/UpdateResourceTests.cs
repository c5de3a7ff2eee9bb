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
        var training = RandomTraining.Create(SmallUNets.All[name].Build(), seed: 5);
        var options = training.Options with { Threads = 2, MicroBatch = 2 };
        using var cpu = (CpuTrainingNetwork)CpuTraining.Engine.Create(training.Network.Graph, options, p => training.Network.Weights[p.Name]);
        for (var step = 0; step < 3; step++)
        {
            cpu.Update(training.Batch, step, 1e-4);
        }

        var (bytes, before) = (cpu.Bytes, GC.GetTotalAllocatedBytes(precise: true));
        for (var step = 3; step < 10; step++)
        {
            cpu.Update(training.Batch, step, 1e-4);
        }

        // The runtime's own threads allocate now and then.
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, 2_000);
        Assert.Equal(bytes, cpu.Bytes);
    }
}
