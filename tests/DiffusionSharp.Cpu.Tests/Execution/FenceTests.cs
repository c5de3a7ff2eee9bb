using DiffusionSharp.Cpu.Execution;

namespace DiffusionSharp.Cpu.Tests.Execution;

/// <summary>Checked builds fence off the scratch that a step asked for; AlignedMemoryTests has what lies beside the memory.</summary>
public sealed unsafe class FenceTests : IDisposable
{
    private const int Most = 64, Asked = 16;

    private readonly Team team = new(2);
    private readonly Workspace workspace;

    public FenceTests()
    {
        Assert.SkipUnless(AlignedMemory.IsChecked, "only a checked build (-c Checked) watches its memory");
        workspace = new Workspace(new ArenaLayout([]), _ => new ScratchNeed(Most, Most), team);
        workspace.Prepare(1);
        workspace.Begin("step", new ScratchNeed(Asked, Asked));
    }

    [Fact]
    public void A_step_that_keeps_to_its_scratch_passes()
    {
        new Span<float>(workspace.Shared, Asked).Clear();
        new Span<float>(workspace.Own(1), Asked).Clear();
        End();
    }

    [Fact]
    public void One_that_writes_more_shared_scratch_than_it_asked_for_is_caught()
    {
        workspace.Shared[Asked] = 0;
        Assert.Contains("step: something was written behind the 16 values", Assert.Throws<InvalidOperationException>(End).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void One_that_writes_more_scratch_of_a_thread_is_caught(int worker)
    {
        workspace.Own(worker)[Asked] = 0;
        Assert.Throws<InvalidOperationException>(End);
    }

    public void Dispose()
    {
        workspace?.Dispose();
        team.Dispose();
    }

    private void End() => workspace.End("step", new ScratchNeed(Asked, Asked));
}
