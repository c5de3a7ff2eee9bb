using System.Diagnostics;

namespace DiffusionSharp.Cpu.Execution;

/// <summary>
/// The memory of a network's calls, kept from call to call: every value in one block, laid out for one image by the compiler and stretched
/// by the number of images; scratch shared by the threads; scratch of each thread.
/// </summary>
internal sealed unsafe class Workspace : IDisposable
{
    // A matrix tile may read two vectors past the last value.
    private const int Overread = 32;

    private readonly ArenaLayout layout;
    private readonly Func<int, ScratchNeed> scratch;
    private AlignedMemory values = new(0);
    private AlignedMemory shared = new(0);
    private AlignedMemory own = new(0);
    private AlignedMemory conditionOf = new(0);
    private long ownFloats;
    private int capacity;

    public Workspace(ArenaLayout layout, Func<int, ScratchNeed> scratch, Team team)
    {
        (this.layout, this.scratch, Team) = (layout, scratch, team);
    }

    public Team Team { get; }

    /// <summary>Images of this call.</summary>
    public int Images { get; private set; }

    /// <summary>Different pairs of timestep and label among them.</summary>
    public int Conditions
    {
        get;
        set
        {
            Debug.Assert(value <= Images, "there is room for a condition an image");
            field = value;
        }
    }

    /// <summary>The caller's memory.</summary>
    public CallInputs Inputs { get; set; }

    /// <summary>The caller's memory of gradients to inputs.</summary>
    public GradientInputs Gradients { get; set; }

    /// <summary>What decides which values dropout keeps.</summary>
    public UpdateInputs Update { get; set; }

    /// <summary>For each image, its place among the conditions.</summary>
    public int* ConditionOf => (int*)conditionOf.Floats;

    /// <summary>Scratch that all threads see.</summary>
    public float* Shared => shared.Floats;

    /// <summary>Bytes held.</summary>
    public long Bytes => values.Bytes + shared.Bytes + own.Bytes + conditionOf.Bytes;

    /// <summary>Makes room for a number of images.</summary>
    public void Prepare(int images)
    {
        if (images > capacity)
        {
            capacity = 0;
            Dispose();
            var need = scratch(images);
            ownFloats = need.Own;
            MemoryNeed.Require(
                sizeof(float)
                    * (((double)images * (layout.FloatsPerImage + layout.FloatsPerCondition)) + need.Shared + ((double)Team.Size * ownFloats)),
                $"the network's values of {images} images at once",
                "choose a smaller batch, or smaller images");
            values = new AlignedMemory(sizeof(float) * ((images * (layout.FloatsPerImage + layout.FloatsPerCondition)) + Overread));
            shared = new AlignedMemory(sizeof(float) * need.Shared);
            own = new AlignedMemory(sizeof(float) * Team.Size * ownFloats);
            conditionOf = new AlignedMemory(sizeof(int) * images);
            capacity = images;
        }

        Images = images;
    }

    /// <summary>Makes room for a number of images, each a condition of its own.</summary>
    public void PrepareEach(int images)
    {
        Prepare(images);
        Conditions = images;
        for (var i = 0; i < images; i++)
        {
            ConditionOf[i] = i;
        }
    }

    /// <summary>Scratch of one thread.</summary>
    public float* Own(int worker) => own.Floats + (worker * ownFloats);

    /// <summary>Where a buffer's first image (or condition) lies.</summary>
    public float* Pointer(int buffer) => layout.IsPerCondition(buffer)
        ? values.Floats + (layout.FloatsPerImage * capacity) + (layout.Offset(buffer) * capacity)
        : values.Floats + (layout.Offset(buffer) * Images);

    /// <summary>How many images (or conditions) a buffer holds.</summary>
    public int Count(bool perCondition) => perCondition ? Conditions : Images;

    /// <summary>In a checked build, throws where a step needs more scratch than there is, and fences off what it may use.</summary>
    [Conditional("DEBUG")]
    public void Begin(string step, ScratchNeed need)
    {
        Debug.Assert(need.Shared * sizeof(float) <= shared.Bytes && need.Own <= ownFloats, $"{step} needs more scratch than was made for {capacity} images");
        shared.Fence(0, need.Shared, shared.Bytes / sizeof(float));
        for (var worker = 0; worker < Team.Size; worker++)
        {
            own.Fence(worker * ownFloats, need.Own, ownFloats);
        }
    }

    /// <summary>In a checked build, throws where a step has written beside its memory, or more scratch than it asked for.</summary>
    [Conditional("DEBUG")]
    public void End(string step, ScratchNeed need)
    {
        values.Check(step);
        shared.Check(step);
        own.Check(step);
        conditionOf.Check(step);
        shared.CheckFence(step, 0, need.Shared, shared.Bytes / sizeof(float));
        for (var worker = 0; worker < Team.Size; worker++)
        {
            own.CheckFence(step, worker * ownFloats, need.Own, ownFloats);
        }
    }

    public void Dispose()
    {
        values.Dispose();
        shared.Dispose();
        own.Dispose();
        conditionOf.Dispose();
    }
}
