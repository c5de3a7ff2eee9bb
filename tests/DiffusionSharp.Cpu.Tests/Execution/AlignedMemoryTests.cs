using DiffusionSharp.Cpu.Execution;

namespace DiffusionSharp.Cpu.Tests.Execution;

public unsafe class AlignedMemoryTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(1000)]
    public void Lies_on_a_cache_lines_border(int bytes)
    {
        using var memory = new AlignedMemory(bytes);
        Assert.Equal(bytes, memory.Bytes);
        Assert.Equal(0, (nint)memory.Floats % 64);
    }

#if DEBUG
    [Theory]
    [InlineData(-1)]
    [InlineData(250)]
    [InlineData(265)]
    public void A_checked_build_says_which_step_wrote_beside_its_memory(int place)
    {
        var layout = new ArenaLayout([]);
        using var team = new Team(1);
        var step = new Overrun(place);
        using var program = new Program([step], ["conv_in"], layout, []);
        using var workspace = new Workspace(layout, n => program.Scratch(n, 1), team);
        workspace.Prepare(1);
        var thrown = Assert.Throws<InvalidOperationException>(() => program.Run(workspace, TestContext.Current.CancellationToken));
        Assert.StartsWith("conv_in: something was written beside 1000 bytes", thrown.Message, StringComparison.Ordinal);
        workspace.Shared[place] = step.Before;
    }

    private sealed class Overrun(int place) : IStep
    {
        public float Before { get; private set; }

        public ScratchNeed Scratch(int images, int threads) => new(250, 0);

        public void Run(Workspace workspace)
        {
            Before = workspace.Shared[place];
            workspace.Shared[place] = 1;
        }
    }
#endif
}
