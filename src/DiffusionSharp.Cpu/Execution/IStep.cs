namespace DiffusionSharp.Cpu.Execution;

/// <summary>One kernel of a compiled network with its weights and the places of its inputs and its output.</summary>
internal interface IStep
{
    /// <summary>Scratch for a number of images or fewer, which a step may go about in another way, on a number of threads.</summary>
    ScratchNeed Scratch(int images, int threads);

    /// <summary>Computes the output.</summary>
    void Run(Workspace workspace);
}
