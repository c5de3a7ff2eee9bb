namespace DiffusionSharp.Cpu.Execution;

/// <summary>A vector of one value a channel for each image, such as the timestep's.</summary>
/// <param name="Buffer">Where it lies.</param>
/// <param name="Stride">Values between vectors.</param>
/// <param name="ThroughCondition">Whether the images' vectors are found by their condition.</param>
internal sealed unsafe record VectorSource(int Buffer, int Stride, bool ThroughCondition)
{
    public float* Pointer(Workspace workspace, int image) =>
        workspace.Pointer(Buffer) + ((nint)(ThroughCondition ? workspace.ConditionOf[image] : image) * Stride);
}
